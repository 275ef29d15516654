package org.diffusionnft.models.solver;

import java.util.Arrays;
import java.util.List;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/** Standard normal noise for each step of a sampler. */
public interface Noise {
  /** The step index of the initial latents. */
  int INITIAL = -1;

  /**
   * The noise of one step.
   *
   * @param step from 0, or {@link #INITIAL}
   * @param shape {@code [B, ..]}
   */
  Tensor draw(Device device, int step, Shape shape);

  /**
   * Noise from Philox. Each entry of the batch has its own stream, so that an image depends only on
   * its stream and not on the rest of the batch.
   *
   * @param streams one per entry of the batch
   */
  static Noise philox(long seed, long... streams) {
    return philox(Arrays.stream(streams).mapToObj(stream -> new Philox(seed, stream)).toList());
  }

  /**
   * The same with a generator for each entry of the batch: they may differ in their seeds.
   *
   * @param generators one per entry of the batch
   */
  static Noise philox(List<Philox> generators) {
    List<Philox> own = List.copyOf(generators);
    return (device, step, shape) -> {
      if (shape.dim(0) != own.size()) {
        throw new IllegalArgumentException(
            own.size() + " noise streams do not fit a batch of " + shape.dim(0));
      }
      int size = Math.toIntExact(shape.elements() / Math.max(1, own.size()));
      float[] values = new float[Math.multiplyExact(size, own.size())];
      for (int b = 0; b < own.size(); b++) {
        float[] row = own.get(b).normals((step + 1L) * size, size);
        System.arraycopy(row, 0, values, b * size, size);
      }
      return Tensor.of(device, values, shape.dims());
    };
  }

  /** Streams {@code first} to {@code first + count - 1}, for {@link #philox}. */
  static long[] streams(long first, int count) {
    long[] out = new long[count];
    Arrays.setAll(out, i -> first + i);
    return out;
  }
}
