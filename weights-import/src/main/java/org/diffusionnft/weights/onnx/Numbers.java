package org.diffusionnft.weights.onnx;

import java.util.Arrays;

/** A growable array of a repeated field's numbers. */
final class Numbers {
  private long[] values = new long[8];
  private int count;

  void add(long value) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = value;
  }

  int count() {
    return count;
  }

  long[] longs() {
    return Arrays.copyOf(values, count);
  }

  /** The floats whose bits were added. */
  float[] floats() {
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = Float.intBitsToFloat((int) values[i]);
    }
    return out;
  }

  /** See {@link #floats}. */
  double[] doubles() {
    double[] out = new double[count];
    for (int i = 0; i < count; i++) {
      out[i] = Double.longBitsToDouble(values[i]);
    }
    return out;
  }
}
