package org.diffusionnft.rewards.ocr;

import org.diffusionnft.images.Pixels;

/**
 * The content of a quadrilateral as a rectangle, as in OpenCV's {@code warpPerspective}:
 * coordinates with 5 fractional bits, cubic weights with 15, edge pixels repeated outside.
 */
public final class QuadCrop {
  private static final int BITS = 5;
  private static final int STEPS = 1 << BITS;
  private static final int ONE = 1 << 15;
  private static final int TAPS = 4;
  private static final double UPRIGHT = 1.5;
  private static final short[][] WEIGHTS = weights();

  private QuadCrop() {}

  /** The text in a box, rotated to horizontal if the box is upright. */
  public static Pixels of(Pixels picture, Quad box) {
    int width = Math.max(1, (int) Math.max(length(box, 0, 1), length(box, 2, 3)));
    int height = Math.max(1, (int) Math.max(length(box, 0, 3), length(box, 1, 2)));
    Pixels cut = warped(picture, box, width, height);
    return (double) height / width >= UPRIGHT ? turned(cut) : cut;
  }

  /** NumPy's norm of floats. */
  private static float length(Quad q, int a, int b) {
    float dx = (float) (q.x()[a] - q.x()[b]);
    float dy = (float) (q.y()[a] - q.y()[b]);
    return (float) Math.sqrt(dx * dx + dy * dy);
  }

  private static Pixels turned(Pixels p) {
    byte[] out = new byte[p.rgb().length];
    int tall = p.width();
    int wide = p.height();
    for (int y = 0; y < wide; y++) {
      for (int x = 0; x < tall; x++) {
        System.arraycopy(p.rgb(), (y * tall + x) * 3, out, ((tall - 1 - x) * wide + y) * 3, 3);
      }
    }
    return new Pixels(wide, tall, out);
  }

  private static Pixels warped(Pixels picture, Quad box, int width, int height) {
    double[] m = inverse(transform(box, width, height));
    byte[] out = new byte[3 * width * height];
    int[] columns = new int[TAPS];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double w = m[6] * x + m[7] * y + m[8];
        double scale = w == 0 ? 0 : STEPS / w;
        int px = (int) Math.rint(limited((m[0] * x + m[1] * y + m[2]) * scale));
        int py = (int) Math.rint(limited((m[3] * x + m[4] * y + m[5]) * scale));
        short[] weights = WEIGHTS[(py & (STEPS - 1)) * STEPS + (px & (STEPS - 1))];
        int left = (px >> BITS) - 1;
        int top = (py >> BITS) - 1;
        for (int k = 0; k < TAPS; k++) {
          columns[k] = Math.clamp((long) left + k, 0, picture.width() - 1);
        }
        for (int c = 0; c < 3; c++) {
          int sum = 0;
          for (int j = 0; j < TAPS; j++) {
            int row = Math.clamp((long) top + j, 0, picture.height() - 1) * picture.width();
            for (int i = 0; i < TAPS; i++) {
              sum += (picture.rgb()[(row + columns[i]) * 3 + c] & 0xff) * weights[j * TAPS + i];
            }
          }
          out[(y * width + x) * 3 + c] = (byte) Math.clamp((sum + ONE / 2) >> 15, 0, 255);
        }
      }
    }
    return new Pixels(width, height, out);
  }

  private static double limited(double x) {
    return Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, x));
  }

  /** The perspective transform from the box to the rectangle. */
  private static double[] transform(Quad q, int width, int height) {
    double[] u = {0, width, width, 0};
    double[] v = {0, 0, height, height};
    double[][] a = new double[8][9];
    for (int i = 0; i < 4; i++) {
      double x = (float) q.x()[i];
      double y = (float) q.y()[i];
      a[i] = new double[] {x, y, 1, 0, 0, 0, -x * u[i], -y * u[i], u[i]};
      a[i + 4] = new double[] {0, 0, 0, x, y, 1, -x * v[i], -y * v[i], v[i]};
    }
    solve(a);
    double[] m = new double[9];
    for (int i = 0; i < 8; i++) {
      m[i] = a[i][8];
    }
    m[8] = 1;
    return m;
  }

  /** Gaussian elimination with partial pivoting; singular systems give zeros. */
  private static void solve(double[][] a) {
    for (int c = 0; c < 8; c++) {
      int pivot = c;
      for (int r = c + 1; r < 8; r++) {
        pivot = Math.abs(a[r][c]) > Math.abs(a[pivot][c]) ? r : pivot;
      }
      double[] row = a[pivot];
      a[pivot] = a[c];
      a[c] = row;
      if (Math.abs(row[c]) < 1e-12) {
        continue;
      }
      for (int r = c + 1; r < 8; r++) {
        double factor = a[r][c] / row[c];
        for (int k = c; k < 9; k++) {
          a[r][k] -= factor * row[k];
        }
      }
    }
    for (int c = 7; c >= 0; c--) {
      double sum = a[c][8];
      for (int k = c + 1; k < 8; k++) {
        sum -= a[c][k] * a[k][8];
      }
      a[c][8] = Math.abs(a[c][c]) < 1e-12 ? 0 : sum / a[c][c];
    }
  }

  private static double[] inverse(double[] m) {
    double[] c = {
      m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
      m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
      m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]
    };
    double determinant = m[0] * c[0] + m[1] * c[3] + m[2] * c[6];
    double factor = determinant == 0 ? 0 : 1 / determinant;
    for (int i = 0; i < 9; i++) {
      c[i] *= factor;
    }
    return c;
  }

  /** Cubic weights for every pair of fractions, as integers with a fixed sum. */
  private static short[][] weights() {
    float[][] one = new float[STEPS][];
    for (int i = 0; i < STEPS; i++) {
      one[i] = cubic((float) i / STEPS);
    }
    short[][] all = new short[STEPS * STEPS][TAPS * TAPS];
    for (int i = 0; i < STEPS; i++) {
      for (int j = 0; j < STEPS; j++) {
        short[] w = all[i * STEPS + j];
        int sum = 0;
        for (int k = 0; k < w.length; k++) {
          float product = one[i][k / TAPS] * one[j][k % TAPS];
          w[k] =
              (short) Math.clamp((long) Math.rint(product * ONE), Short.MIN_VALUE, Short.MAX_VALUE);
          sum += w[k];
        }
        correct(w, sum - ONE);
      }
    }
    return all;
  }

  /** Adds the rounding error to the largest or the smallest of the inner weights. */
  private static void correct(short[] w, int excess) {
    int most = 2 * TAPS + 2;
    int least = most;
    for (int r = 2; r < 4; r++) {
      for (int c = 2; c < 4; c++) {
        int k = r * TAPS + c;
        if (w[k] < w[least]) {
          least = k;
        } else if (w[k] > w[most]) {
          most = k;
        }
      }
    }
    w[excess < 0 ? most : least] -= (short) excess;
  }

  private static float[] cubic(float x) {
    float a = -0.75f;
    float[] w = new float[TAPS];
    w[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
    w[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
    w[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
    w[3] = 1 - w[0] - w[1] - w[2];
    return w;
  }
}
