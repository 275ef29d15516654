package org.diffusionnft.cli.bench;

import java.lang.foreign.MemorySegment;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Random operands, made without a second copy of themselves: the process's peak memory is then that
 * of the work.
 */
final class RandomTensors {
  /** A prime, so that no two rows of a matrix are alike though the numbers come again. */
  private static final int PERIOD = 65_521;

  private final Device device;
  private long stream;

  RandomTensors(Device device) {
    this.device = device;
  }

  /** Uniform in [-bound, bound), outside all memory scopes. */
  Tensor uniform(DType dtype, double bound, long... dims) {
    return uniform(dtype, bound, Shape.of(dims));
  }

  /** Uniform in [-bound, bound), outside all memory scopes. */
  Tensor uniform(DType dtype, double bound, Shape shape) {
    Tensor out = device.allocate(dtype, shape).keepForever();
    Tensor flat = out.reshape(-1);
    long all = flat.elements();
    try (var _ = device.memory().scope()) {
      Tensor period = Elementwise.convert(values(bound, (int) Math.min(PERIOD, all)), dtype);
      MemorySegment bytes = period.toHost(java.lang.foreign.Arena.ofAuto());
      for (long start = 0; start < all; start += PERIOD) {
        long length = Math.min(PERIOD, all - start);
        device.write(bytes.asSlice(0, length * dtype.bytes()), flat.narrow(start, length));
      }
    }
    return out;
  }

  private Tensor values(double bound, int count) {
    float[] values = new Philox(0, stream++).uniforms(0, count);
    for (int i = 0; i < count; i++) {
      values[i] = (float) ((2.0 * values[i] - 1) * bound);
    }
    return Tensor.of(device, values, count);
  }
}
