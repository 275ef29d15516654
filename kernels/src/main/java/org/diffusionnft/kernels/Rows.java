package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.load;
import static org.diffusionnft.kernels.Lanes.splat;
import static org.diffusionnft.kernels.Lanes.store;
import static org.diffusionnft.kernels.Lanes.whole;

import jdk.incubator.vector.FloatVector;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.HalfPrecision;

/** Loops over contiguous floats that several kernels share. */
final class Rows {
  private Rows() {}

  static void fill(long out, float value, int n) {
    FloatVector v = splat(value);
    int i = 0;
    for (; i < whole(n); i += LANES) {
      store(out + 4L * i, v);
    }
    if (i < n) {
      store(out + 4L * i, v, n - i);
    }
  }

  /** {@code out += x}. */
  static void add(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      store(out + 4L * i, load(out + 4L * i).add(load(x + 4L * i)));
    }
    if (i < n) {
      store(out + 4L * i, load(out + 4L * i, n - i).add(load(x + 4L * i, n - i)), n - i);
    }
  }

  /** {@code out = factor * x}. */
  static void scale(float factor, long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      store(out + 4L * i, load(x + 4L * i).mul(factor));
    }
    if (i < n) {
      store(out + 4L * i, load(x + 4L * i, n - i).mul(factor), n - i);
    }
  }

  /** {@code out = r + g * x}. */
  static void gatedAdd(long r, long g, long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      store(out + 4L * i, load(g + 4L * i).fma(load(x + 4L * i), load(r + 4L * i)));
    }
    if (i < n) {
      FloatVector v = load(g + 4L * i, n - i).fma(load(x + 4L * i, n - i), load(r + 4L * i, n - i));
      store(out + 4L * i, v, n - i);
    }
  }

  /** Rounds to BF16 or F16, ties to even. */
  static void narrow(DType dtype, long from, long to, int n) {
    if (dtype == DType.BF16) {
      for (int i = 0; i < n; i++) {
        Lanes.setShort(to + 2L * i, HalfPrecision.floatToBf16(Lanes.get(from + 4L * i)));
      }
    } else {
      for (int i = 0; i < n; i++) {
        Lanes.setShort(to + 2L * i, Float.floatToFloat16(Lanes.get(from + 4L * i)));
      }
    }
  }
}
