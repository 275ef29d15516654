package org.diffusionnft.kernels.tornado;

import java.math.BigDecimal;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Argument reduction for large angles. Drivers differ in the range of their sine and cosine (PoCL
 * returns 0 and 1 for 1e30, PTX loses digits after the first turn), so angles are first reduced to
 * near 0, bit by bit, with a table of the powers of two modulo 2π.
 */
final class Angles {
  /** Exponents of the smallest and the largest power of two in the table. */
  private static final int LOWEST = 3;

  private static final int HIGHEST = 127;

  /** Floats per entry: a power of two, and its remainder modulo 2π as a sum of two floats. */
  private static final int ENTRY = 3;

  /** Size of the table in floats. */
  static final int TABLE = ENTRY * (HIGHEST - LOWEST + 1);

  /** Angles up to this are not reduced: a little more than half a turn. */
  private static final float SMALL = 3.2f;

  private static final float TURN = 6.2831853f;

  /** The high bits of 2π: the product with a whole number of turns is exact. */
  private static final float TURN_HIGH = 6.28125f;

  /** 2π less {@link #TURN_HIGH}. */
  private static final float TURN_LOW = 0.0019353072f;

  private static final BigDecimal TWO_PI =
      new BigDecimal(
          "6.28318530717958647692528676655900576839433879875021164194988918461563281257");

  private Angles() {}

  /** The table that the host writes after that of {@link Halves}, from the largest power down. */
  static float[] table() {
    float[] table = new float[TABLE];
    for (int i = 0; i < TABLE / ENTRY; i++) {
      BigDecimal power = BigDecimal.TWO.pow(HIGHEST - i);
      BigDecimal rest = power.remainder(TWO_PI);
      table[ENTRY * i] = power.floatValue();
      table[ENTRY * i + 1] = rest.floatValue();
      table[ENTRY * i + 2] = rest.subtract(new BigDecimal(table[ENTRY * i + 1])).floatValue();
    }
    return table;
  }

  /** Device code: an angle near 0 with the same sine and cosine; NaN for infinities and NaN. */
  @SuppressWarnings("IdentityBinaryExpression") // x - x is NaN for infinities
  static float reduced(FloatArray m, float x) {
    float y = x;
    if (x < 0f) {
      y = -x;
    }
    float r = x;
    if (y >= SMALL) {
      float sum = 0f;
      float rest = 0f;
      for (int i = Halves.TABLE; i < Halves.TABLE + TABLE; i += ENTRY) {
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
      int turns = (int) (all / TURN + 0.5f);
      r = (all - turns * TURN_HIGH) - turns * TURN_LOW + rest + (x - x);
      if (x < 0f) {
        r = -r;
      }
    }
    return r;
  }
}
