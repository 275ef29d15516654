package org.diffusionnft.cli.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Random operands, created without a second copy, so that the process's peak memory is that of the
 * workload.
 */
final class RandomTensors {
  /** A prime, so that no two rows of a matrix are equal although the numbers repeat. */
  private static final int PERIOD = 65_521;

  /** Number of periods written at a time: 16 MiB of F32, a small part of a model. */
  private static final int AT_A_TIME = 64;

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
    try (var _ = device.memory().scope();
        Arena arena = Arena.ofConfined()) {
      int count = (int) Math.min(PERIOD, all);
      Tensor period = Elementwise.convert(values(bound, count), dtype);
      MemorySegment bytes = period.toHost(arena);
      // Several periods at a time, since some devices wait after each write.
      long most = Math.min(AT_A_TIME * (long) PERIOD, all);
      MemorySegment piece = arena.allocate(most * dtype.bytes(), dtype.bytes());
      for (long at = 0; at < piece.byteSize(); at += bytes.byteSize()) {
        long length = Math.min(bytes.byteSize(), piece.byteSize() - at);
        MemorySegment.copy(bytes, 0, piece, at, length);
      }
      for (long start = 0; start < all; start += most) {
        long length = Math.min(most, all - start);
        device.write(piece.asSlice(0, length * dtype.bytes()), flat.narrow(start, length));
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
