package org.diffusionnft.kernels.machine;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.diffusionnft.kernels.machine.ExecutableMemory.RefusedException;
import org.diffusionnft.kernels.machine.Tile.Element;

/**
 * The micro-kernels of one kind for all tile heights, in executable memory. Each is checked against
 * plain loops before use.
 */
public final class MachineTiles {
  private static final MethodHandle CALL =
      ExecutableMemory.caller(
          long.class,
          long.class,
          long.class,
          long.class,
          long.class,
          int.class,
          long.class,
          long.class,
          float.class);

  /** One vector, two, two with fetching; each without and with adding. */
  private static final int VARIANTS = 6;

  private static final int FETCHING = 2;

  private final int rowA;
  private final MemorySegment[] functions = new MemorySegment[Tile.MOST_ROWS * VARIANTS];

  private MachineTiles(Element element, int rowA, int stepA) throws RefusedException {
    this.rowA = rowA;
    Assembler code = new Assembler();
    int[] starts = new int[functions.length + 1];
    for (int i = 0; i < functions.length; i++) {
      starts[i] = code.position();
      int variant = i % VARIANTS;
      int width = variant / 2;
      int vectors = Math.min(2, width + 1);
      boolean add = variant % 2 == 1;
      new Tile(element, i / VARIANTS + 1, vectors, add, width == FETCHING, rowA, stepA).write(code);
    }
    starts[functions.length] = code.position();
    MemorySegment memory = ExecutableMemory.of(code.code());
    for (int i = 0; i < functions.length; i++) {
      functions[i] = memory.asSlice(starts[i], starts[i + 1] - starts[i]);
    }
  }

  /**
   * Writes and tests the micro-kernels.
   *
   * @param rowA row stride of A in bytes
   * @param stepA stride of k in A, in bytes
   * @throws RefusedException if this processor or system cannot run them, or one gives wrong
   *     results
   */
  static MachineTiles of(Element element, int rowA, int stepA) throws RefusedException {
    MachineTiles tiles = new MachineTiles(element, rowA, stepA);
    Optional<String> fault = new TileTrial(tiles, element, rowA, stepA).fault();
    if (fault.isPresent()) {
      throw new RefusedException(fault.get());
    }
    return tiles;
  }

  /**
   * {@code c = scale * a b}, or added to c, for any number of rows and up to 32 columns.
   *
   * @param a address of the first row
   * @param b address of the panel: rows of 16 elements for up to 16 columns, else 32
   * @param steps of k, at least 1
   * @param rowC row stride of c in bytes
   * @param fetches address of {@link Tile#FETCHES} addresses for each tile, from each of which four
   *     bytes a step are fetched into the cache; the tiles are {@link #tiles} many. 0 for none
   */
  public void strip(
      int rows,
      int columns,
      int steps,
      long a,
      long b,
      long c,
      long rowC,
      float scale,
      boolean add,
      long fetches) {
    boolean wide = columns > Tile.LANES;
    int mask = columns == 2 * Tile.LANES ? -1 : (1 << columns) - 1;
    int width = !wide ? 0 : fetches == 0 ? 1 : FETCHING;
    int variant = 2 * width + (add ? 1 : 0);
    // Tiles of about equal height: a last tile of one row would take half as long as a full one.
    int tiles = tiles(rows);
    int height = rows / tiles;
    int taller = rows % tiles;
    if (taller > 0) {
      MemorySegment function = functions[height * VARIANTS + variant];
      call(function, a, b, c, rowC, steps, mask, taller, fetches, scale);
    }
    long done = (long) taller * (height + 1);
    MemorySegment function = functions[(height - 1) * VARIANTS + variant];
    call(
        function,
        a + done * rowA,
        b,
        c + done * rowC,
        rowC,
        steps,
        mask,
        tiles - taller,
        fetches + (long) taller * Tile.FETCHES * Long.BYTES,
        scale);
  }

  /** The number of tiles that a number of rows is split into. */
  public static int tiles(int rows) {
    return (rows + Tile.MOST_ROWS - 1) / Tile.MOST_ROWS;
  }

  private static void call(
      MemorySegment function,
      long a,
      long b,
      long c,
      long rowC,
      long steps,
      int mask,
      long tiles,
      long fetches,
      float scale) {
    try {
      CALL.invokeExact(function, a, b, c, rowC, steps, mask, tiles, fetches, scale);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
