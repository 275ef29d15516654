package org.diffusionnft.kernels.machine;

/**
 * Transposes blocks of 16 rows of 16 words in registers: what is a row becomes a column.
 *
 * <p>It follows the C calling convention: RDI = first block, RSI = bytes between its rows, RDX =
 * the first block transposed, RCX = bytes between its rows, R8 = number of blocks, at least 1.
 * Blocks are side by side where they are read and one below the other where they are written.
 */
final class Transpose {
  private Transpose() {}

  /** Rows and columns of a block. */
  static final int SIZE = 16;

  private static final int LOW_PAIRS = 0x44;
  private static final int HIGH_PAIRS = 0xEE;
  private static final int EVEN_QUARTERS = 0x88;
  private static final int ODD_QUARTERS = 0xDD;

  /** Registers hold two blocks: each round reads one and writes the other. */
  private static final int OTHER = SIZE;

  /** Writes the function. */
  static void write(Assembler code) {
    int block = code.position();
    code.move(Gp.R9, Gp.RDI);
    for (int r = 0; r < SIZE; r++) {
      code.vector(Vector.VMOVUPS_LOAD, r, new At(Gp.R9, 0));
      code.add(Gp.R9, Gp.RSI);
    }
    // Quarter q of register 4i + j becomes column 4q + j of rows 4i to 4i + 3, in two rounds.
    for (int r = 0; r < SIZE; r += 2) {
      code.vector(Vector.VUNPCKLPS, OTHER + r, r, r + 1);
      code.vector(Vector.VUNPCKHPS, OTHER + r + 1, r, r + 1);
    }
    for (int r = 0; r < SIZE; r += 4) {
      for (int j = 0; j < 2; j++) {
        int first = OTHER + r + j;
        code.vector(Vector.VSHUFPS, r + 2 * j, first, first + 2, LOW_PAIRS);
        code.vector(Vector.VSHUFPS, r + 2 * j + 1, first, first + 2, HIGH_PAIRS);
      }
    }
    // Then whole quarters move: those of rows 0 to 7 and of 8 to 15 come together, then both.
    for (int j = 0; j < 4; j++) {
      for (int half = 0; half < 2; half++) {
        int first = 8 * half + j;
        code.vector(Vector.VSHUFF32X4, OTHER + first, first, first + 4, EVEN_QUARTERS);
        code.vector(Vector.VSHUFF32X4, OTHER + first + 4, first, first + 4, ODD_QUARTERS);
      }
    }
    for (int j = 0; j < 8; j++) {
      int first = OTHER + j;
      code.vector(Vector.VSHUFF32X4, j, first, first + 8, EVEN_QUARTERS);
      code.vector(Vector.VSHUFF32X4, j + 8, first, first + 8, ODD_QUARTERS);
    }
    for (int r = 0; r < SIZE; r++) {
      code.vector(Vector.VMOVUPS_STORE, r, new At(Gp.RDX, 0));
      code.add(Gp.RDX, Gp.RCX);
    }
    code.add(Gp.RDI, SIZE * Float.BYTES);
    code.decrement(Gp.R8);
    code.jumpIfNotZero(block);
    code.zeroUpper();
    code.ret();
  }
}
