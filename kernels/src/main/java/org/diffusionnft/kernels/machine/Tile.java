package org.diffusionnft.kernels.machine;

/**
 * A micro-kernel of a matrix product: some rows of A times a panel of B, with all accumulators in
 * registers; then the next rows, tile by tile.
 *
 * <pre>c[r, :] = scale * sum over k of a[r, k] * b[k, :] (+ c[r, :]), rounded once</pre>
 *
 * <p>It follows the C calling convention: RDI = a, RSI = b, RDX = c, RCX = row stride of c in
 * bytes, R8 = steps of k, at least 1, R9 = bit mask of the columns of c, on the stack the number of
 * tiles, at least 1, and the address of the list described next, XMM0 = scale.
 *
 * <p>If it fetches, it asks for cache lines long before they are used, so that nothing waits for
 * memory: at the start of a tile those of c, and, during the tile, four bytes a step of k at each
 * of {@link #FETCHES} addresses, which the list has for each tile.
 *
 * @param element what a step of k reads from a row of A: a float, or a pair of BF16 numbers
 * @param rows 1 to {@link #MOST_ROWS}
 * @param vectors number of 16-column vectors: 1 or 2
 * @param add whether c is added
 * @param fetches whether it fetches
 * @param rowA row stride of A in bytes
 * @param stepA stride of k in A, in bytes
 */
public record Tile(
    Element element, int rows, int vectors, boolean add, boolean fetches, int rowA, int stepA) {
  /** With two vectors per row and four operand registers, they fill the 32 registers. */
  public static final int MOST_ROWS = 14;

  /** Columns of a vector. */
  public static final int LANES = 16;

  /** Addresses per tile that are fetched from. */
  public static final int FETCHES = 3;

  private static final Gp LIST = Gp.RBX;
  private static final Gp[] FETCHED = {Gp.RBP, Gp.R14, Gp.R15};

  private static final int VECTOR_BYTES = 64;

  private static final int B = 28;
  private static final int A = 30;
  private static final int SCALE = 31;

  /** What is multiplied in one step of k. */
  public enum Element {
    /** A float, accumulated by FMA. */
    F32(Vector.VBROADCASTSS, Vector.VFMADD231PS),
    /** Two adjacent BF16 numbers, for rows 2k and 2k + 1 of B; accumulators are floats. */
    BF16_PAIR(Vector.VPBROADCASTD, Vector.VDPBF16PS);

    private final Vector broadcast;
    private final Vector multiplyAdd;

    Element(Vector broadcast, Vector multiplyAdd) {
      this.broadcast = broadcast;
      this.multiplyAdd = multiplyAdd;
    }
  }

  /** Writes the function. */
  void write(Assembler code) {
    code.vector(Vector.VBROADCASTSS, SCALE, 0);
    code.mask(1, Gp.R9);
    code.shiftRightInt(Gp.R9, LANES);
    code.mask(2, Gp.R9);
    int saved = fetches ? saveRegisters(code) : 0;
    code.stackArgument(Gp.RAX, saved);
    if (fetches) {
      code.stackArgument(LIST, saved + 1);
    }
    code.move(Gp.R10, Gp.RSI);
    code.move(Gp.R11, Gp.R8);
    int tile = code.position();
    code.move(Gp.R9, Gp.RDI);
    if (fetches) {
      beginFetching(code);
    }
    for (int sum = 0; sum < rows * vectors; sum++) {
      code.vector(Vector.VPXORD, sum, sum, sum);
    }
    int loop = code.position();
    for (int v = 0; v < vectors; v++) {
      code.vector(Vector.VMOVUPS_LOAD, B + v, new At(Gp.RSI, v * VECTOR_BYTES));
    }
    for (int r = 0; r < rows; r++) {
      code.vector(element.broadcast, A, new At(Gp.RDI, r * rowA));
      for (int v = 0; v < vectors; v++) {
        code.vector(element.multiplyAdd, r * vectors + v, A, B + v);
      }
    }
    if (fetches) {
      for (Gp address : FETCHED) {
        code.fetch(address, Gp.R8);
      }
    }
    code.add(Gp.RDI, stepA);
    code.add(Gp.RSI, vectors * VECTOR_BYTES);
    code.decrement(Gp.R8);
    code.jumpIfNotZero(loop);
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors; v++) {
        int sum = r * vectors + v;
        At c = new At(Gp.RDX, v * VECTOR_BYTES);
        if (add) {
          code.vector(Vector.VMOVUPS_LOAD, A, c, v + 1);
          code.vector(Vector.VFMADD213PS, sum, SCALE, A);
        } else {
          code.vector(Vector.VMULPS, sum, sum, SCALE);
        }
        code.vector(Vector.VMOVUPS_STORE, sum, c, v + 1);
      }
      code.add(Gp.RDX, Gp.RCX);
    }
    code.move(Gp.RDI, Gp.R9);
    code.add(Gp.RDI, rows * rowA);
    code.move(Gp.RSI, Gp.R10);
    code.move(Gp.R8, Gp.R11);
    code.decrement(Gp.RAX);
    code.jumpIfNotZero(tile);
    code.zeroUpper();
    if (fetches) {
      restoreRegisters(code);
    }
    code.ret();
  }

  /** Saves the registers that belong to the caller, and returns their number. */
  private static int saveRegisters(Assembler code) {
    code.push(LIST);
    for (Gp register : FETCHED) {
      code.push(register);
    }
    return FETCHED.length + 1;
  }

  private static void restoreRegisters(Assembler code) {
    for (int i = FETCHED.length - 1; i >= 0; i--) {
      code.pop(FETCHED[i]);
    }
    code.pop(LIST);
  }

  /** Asks for the tile's lines of c, and takes its addresses from the list. */
  private void beginFetching(Assembler code) {
    Gp row = FETCHED[0];
    code.move(row, Gp.RDX);
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors; v++) {
        code.fetchToWrite(new At(row, v * VECTOR_BYTES));
      }
      code.add(row, Gp.RCX);
    }
    for (int i = 0; i < FETCHED.length; i++) {
      code.load(FETCHED[i], new At(LIST, i * Long.BYTES));
    }
    code.add(LIST, FETCHED.length * Long.BYTES);
  }
}
