package org.diffusionnft.kernels.tornado;

import java.math.BigDecimal;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Sine and cosine beyond half a turn: drivers differ in how far theirs are right (PoCL's give 0 and
 * 1 for 1e30, PTX's lose digits after the first turn), so angles are brought near 0 first, bit by
 * bit, with a table of the powers of two modulo 2π.
 */
final class Angles {
  private static final int LOWEST = 3;
  private static final int HIGHEST = 127;

  /** Entries of the table: each power of two, and what is left of it modulo 2π in two floats. */
  static final int TABLE = 3 * (HIGHEST - LOWEST + 1);

  private static final BigDecimal TWO_PI =
      new BigDecimal(
          "6.28318530717958647692528676655900576839433879875021164194988918461563281257");

  private Angles() {}

  /** What the host writes behind the table of {@link Halves}, from the highest power down. */
  static float[] table() {
    float[] table = new float[TABLE];
    for (int i = 0; i < TABLE / 3; i++) {
      BigDecimal power = BigDecimal.TWO.pow(HIGHEST - i);
      BigDecimal rest = power.remainder(TWO_PI);
      table[3 * i] = power.floatValue();
      table[3 * i + 1] = rest.floatValue();
      table[3 * i + 2] = rest.subtract(new BigDecimal(table[3 * i + 1])).floatValue();
    }
    return table;
  }

  /** Device code: an angle of the same sine and cosine; NaN for infinities and NaN. */
  @SuppressWarnings("IdentityBinaryExpression") // x - x is NaN for infinities
  static float reduced(FloatArray m, float x) {
    float y = x;
    if (x < 0f) {
      y = -x;
    }
    float r = x;
    if (y >= 3.2f) {
      float sum = 0f;
      float rest = 0f;
      for (int i = 256; i < 256 + 375; i += 3) {
        if (y >= m.get(i)) {
          y = y - m.get(i);
          float next = sum + m.get(i + 1);
          float other = next - sum;
          rest += (sum - (next - other)) + (m.get(i + 1) - other) + m.get(i + 2);
          sum = next;
        }
      }
      float all = sum + y;
      float part = all - sum;
      rest += (sum - (all - part)) + (y - part);
      int turns = (int) (all / 6.2831853f + 0.5f);
      r = (all - turns * 6.28125f) - turns * 0.0019353072f + rest + (x - x);
      if (x < 0f) {
        r = -r;
      }
    }
    return r;
  }
}
