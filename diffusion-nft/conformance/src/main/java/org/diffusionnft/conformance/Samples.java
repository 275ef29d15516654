package org.diffusionnft.conformance;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.HalfPrecision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/** Creates operands: for one seed, the same numbers on every device. */
public final class Samples {
  private final Device device;
  private final Random random;

  /** Operands for a device. */
  public Samples(Device device, long seed) {
    this.device = device;
    this.random = new Random(seed);
  }

  /** The device of the operands. */
  public Device device() {
    return device;
  }

  /** F32, normally distributed. */
  public Tensor normal(long... dims) {
    return normal(DType.F32, dims);
  }

  /** F32, BF16 or F16, normally distributed. */
  public Tensor normal(DType dtype, long... dims) {
    float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return of(dtype, values, dims);
  }

  /** F32, uniform between two bounds. */
  public Tensor uniform(double low, double high, long... dims) {
    float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return of(DType.F32, values, dims);
  }

  /** I64, uniform below a bound. */
  public Tensor ids(int bound, long... dims) {
    long[] values = new long[Math.toIntExact(Shape.of(dims).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(bound);
    }
    return Tensor.of(device, values, dims);
  }

  /** Given numbers. */
  public Tensor of(DType dtype, float[] values, long... dims) {
    Tensor t = device.allocate(dtype, Shape.of(dims));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(Math.max(8, t.bytes()), 8).asSlice(0, t.bytes());
      for (int i = 0; i < values.length; i++) {
        switch (dtype) {
          case F32 -> host.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
          case BF16 ->
              host.setAtIndex(ValueLayout.JAVA_SHORT, i, HalfPrecision.floatToBf16(values[i]));
          case F16 -> host.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(values[i]));
          default -> throw new IllegalArgumentException("samples are floating-point, not " + dtype);
        }
      }
      device.write(host, t);
    }
    return t;
  }
}
