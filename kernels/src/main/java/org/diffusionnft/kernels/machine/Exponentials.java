package org.diffusionnft.kernels.machine;

/**
 * The softmax step of attention (Dao et al., FlashAttention, arXiv 2205.14135) on a block of rows
 * of scores: {@code exp(score - now)}, where {@code now} is the row's largest score so far, and
 * their sum.
 *
 * <p>It follows the C calling convention: RDI = scores, RSI = address for the exponentials, RDX =
 * state of the rows, RCX = vectors per row, at least 1, R8 = rows, at least 1. A row's state has
 * {@link #STATE_BYTES} bytes: the previous largest score, which is read; the new largest and the
 * sum of the exponentials, which are written; and four bytes that are not touched.
 *
 * <p>The arithmetic matches the Vector API kernel step by step, so that the sums have the same
 * bits. A score of minus infinity gives 0, even if all scores are.
 *
 * @param half whether the exponentials are rounded to BF16 after they are summed; else they stay
 *     floats
 * @param row row stride in bytes, of scores and of exponentials
 */
record Exponentials(boolean half, int row) {
  /** Bytes of a row's state. */
  static final int STATE_BYTES = 16;

  private static final int X = 0;
  private static final int POWER = 1;
  private static final int WHOLE = 2;
  private static final int P = 3;
  private static final int SQUARE = 4;
  private static final int MAX = 5;
  private static final int SUM = 6;

  private static final int LOG2_E = 16;
  private static final int ROUND = 17;
  private static final int MINUS_LN2_HIGH = 18;
  private static final int MINUS_LN2_LOW = 19;
  private static final int ONE = 20;
  private static final int UNDERFLOW = 21;
  private static final int LOWEST = 22;
  private static final int COEFFICIENTS = 23;

  /** Cephes' polynomial for {@code e^x} on [-ln 2 / 2, ln 2 / 2], the highest power first. */
  private static final float[] POLYNOMIAL = {
    1.9875691500e-4f,
    1.3981999507e-3f,
    8.3334519073e-3f,
    4.1665795894e-2f,
    1.6666665459e-1f,
    5.0000001201e-1f
  };

  /** Comparison predicate: not less than; also true if either is NaN. */
  private static final int NOT_LESS = 5;

  private static final int SWAP_HALVES = 0x4E;
  private static final int SWAP_NEIGHBOURS = 0xB1;

  /** Writes the function. */
  void write(Assembler code) {
    constant(code, LOG2_E, 1.44269504f);
    constant(code, ROUND, 12582912f);
    constant(code, MINUS_LN2_HIGH, -0.693359375f);
    constant(code, MINUS_LN2_LOW, 2.12194440e-4f);
    constant(code, ONE, 1);
    constant(code, UNDERFLOW, -87.3f);
    constant(code, LOWEST, -Float.MAX_VALUE);
    for (int i = 0; i < POLYNOMIAL.length; i++) {
      constant(code, COEFFICIENTS + i, POLYNOMIAL[i]);
    }
    int rows = code.position();
    maximum(code);
    code.vector(Vector.VMOVSS_STORE, MAX, new At(Gp.RDX, 4));
    // If all scores are minus infinity, any finite shift gives exponentials of 0.
    code.vector(Vector.VMAXPS, MAX, MAX, LOWEST);
    code.vector(Vector.VPXORD, SUM, SUM, SUM);
    code.move(Gp.R9, Gp.RDI);
    code.move(Gp.R10, Gp.RSI);
    code.move(Gp.RAX, Gp.RCX);
    int loop = code.position();
    code.vector(Vector.VMOVUPS_LOAD, X, new At(Gp.R9, 0));
    code.vector(Vector.VSUBPS, X, X, MAX);
    exponential(code);
    code.vector(Vector.VADDPS, SUM, P, SUM);
    if (half) {
      code.vector(Vector.VCVTNEPS2BF16, P, P);
      code.vector(Vector.VMOVUPS_STORE_HALF, P, new At(Gp.R10, 0));
    } else {
      code.vector(Vector.VMOVUPS_STORE, P, new At(Gp.R10, 0));
    }
    code.add(Gp.R9, 64);
    code.add(Gp.R10, half ? 32 : 64);
    code.decrement(Gp.RAX);
    code.jumpIfNotZero(loop);
    sum(code);
    code.vector(Vector.VMOVSS_STORE, SUM, new At(Gp.RDX, 8));
    code.add(Gp.RDI, row);
    code.add(Gp.RSI, row);
    code.add(Gp.RDX, STATE_BYTES);
    code.decrement(Gp.R8);
    code.jumpIfNotZero(rows);
    code.zeroUpper();
    code.ret();
  }

  private static void constant(Assembler code, int register, float value) {
    code.moveInt(Gp.RAX, Float.floatToRawIntBits(value));
    code.broadcast(register, Gp.RAX);
  }

  /** The maximum of the state and the row, in all lanes. */
  private static void maximum(Assembler code) {
    code.vector(Vector.VBROADCASTSS, MAX, new At(Gp.RDX, 0));
    code.move(Gp.R9, Gp.RDI);
    code.move(Gp.RAX, Gp.RCX);
    int loop = code.position();
    code.vector(Vector.VMOVUPS_LOAD, X, new At(Gp.R9, 0));
    code.vector(Vector.VMAXPS, MAX, X, MAX);
    code.add(Gp.R9, 64);
    code.decrement(Gp.RAX);
    code.jumpIfNotZero(loop);
    for (int swap : new int[] {SWAP_HALVES, SWAP_NEIGHBOURS}) {
      code.vector(Vector.VSHUFF32X4, X, MAX, MAX, swap);
      code.vector(Vector.VMAXPS, MAX, MAX, X);
    }
    for (int swap : new int[] {SWAP_HALVES, SWAP_NEIGHBOURS}) {
      code.vector(Vector.VPERMILPS, X, 0, MAX, swap);
      code.vector(Vector.VMAXPS, MAX, MAX, X);
    }
  }

  /** {@code p = e^x} for x of at most about 80; subnormal results become 0. */
  private static void exponential(Assembler code) {
    code.vector(Vector.VCMPPS, 1, X, UNDERFLOW, NOT_LESS);
    code.vector(Vector.VMOVAPS, POWER, LOG2_E);
    code.vector(Vector.VFMADD213PS, POWER, X, ROUND);
    code.vector(Vector.VSUBPS, WHOLE, POWER, ROUND);
    code.vector(Vector.VFMADD231PS, X, WHOLE, MINUS_LN2_HIGH);
    code.vector(Vector.VFMADD231PS, X, WHOLE, MINUS_LN2_LOW);
    code.vector(Vector.VMOVAPS, P, COEFFICIENTS);
    for (int i = 1; i < POLYNOMIAL.length; i++) {
      code.vector(Vector.VFMADD213PS, P, X, COEFFICIENTS + i);
    }
    code.vector(Vector.VMULPS, SQUARE, X, X);
    code.vector(Vector.VFMADD213PS, P, SQUARE, X);
    code.vector(Vector.VADDPS, P, P, ONE);
    code.shiftLeft(POWER, POWER, 23);
    code.masked(Vector.VPADDD, P, P, POWER, 1);
  }

  /** The sum of all lanes: quarters first, in the order of the Vector API kernels. */
  private static void sum(Assembler code) {
    for (int quarter = 0; quarter < 4; quarter++) {
      code.vector(Vector.VSHUFF32X4, quarter, SUM, SUM, quarter * 0x55);
    }
    code.vector(Vector.VADDPS, SUM, 0, 1);
    code.vector(Vector.VADDPS, SUM, SUM, 2);
    code.vector(Vector.VADDPS, SUM, SUM, 3);
    for (int swap : new int[] {SWAP_NEIGHBOURS, SWAP_HALVES}) {
      code.vector(Vector.VPERMILPS, X, 0, SUM, swap);
      code.vector(Vector.VADDPS, SUM, SUM, X);
    }
  }
}
