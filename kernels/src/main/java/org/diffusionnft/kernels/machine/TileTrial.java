package org.diffusionnft.kernels.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.diffusionnft.kernels.machine.Tile.Element;
import org.diffusionnft.tensor.HalfPrecision;

/**
 * Checks micro-kernels against plain loops on random numbers: all heights, both widths, with and
 * without accumulation.
 */
final class TileTrial {
  private static final int STEPS = 3;
  private static final float SCALE = 0.375f;
  private static final float GUARD = 12345.5f;

  /** Full and partial vectors; columns beyond these must not be written. */
  private static final int[] COLUMNS = {32, 16, 21, 3};

  /** Columns of a full panel. */
  private static final int WIDTH = 2 * Tile.LANES;

  /** Row stride of c in floats. */
  private static final int ROW_C = 40;

  private static final long ROW_BYTES = 4L * ROW_C;

  /** All heights of one tile, and several tiles with one and with two heights. */
  private static final int[] ROWS =
      IntStream.concat(
              IntStream.rangeClosed(1, Tile.MOST_ROWS),
              IntStream.of(2 * Tile.MOST_ROWS, 2 * Tile.MOST_ROWS + 1))
          .toArray();

  private static final long[] NO_LIST = {0};

  private static final int MOST = ROWS[ROWS.length - 1];

  /** The initial contents of c. */
  private static final float[] GUARDS = new float[ROW_C * MOST];

  static {
    Arrays.fill(GUARDS, GUARD);
  }

  private final MachineTiles tiles;
  private final Element element;
  private final int rowA;
  private final int stepA;

  TileTrial(MachineTiles tiles, Element element, int rowA, int stepA) {
    this.tiles = tiles;
    this.element = element;
    this.rowA = rowA;
    this.stepA = stepA;
  }

  /** The fault of the first wrong micro-kernel, or empty. */
  Optional<String> fault() {
    SplittableRandom random = new SplittableRandom(1);
    try (Arena arena = Arena.ofConfined()) {
      long bytesA = (long) rowA * MOST + (long) stepA * STEPS;
      MemorySegment a = arena.allocate(bytesA, 64);
      for (int i = 0; i < MOST * STEPS; i++) {
        a.set(ValueLayout.JAVA_INT, offsetA(i / STEPS, i % STEPS), word(random));
      }
      MemorySegment c = arena.allocate(4L * ROW_C * MOST, 64);
      // Fetching from no address is harmless.
      MemorySegment list =
          arena.allocate(ValueLayout.JAVA_LONG, (long) MachineTiles.tiles(MOST) * Tile.FETCHES);
      long[] lists = {0, list.address()};
      MemorySegment wide = arena.allocate(4L * WIDTH * STEPS, 64);
      for (int i = 0; i < WIDTH * STEPS; i++) {
        wide.setAtIndex(ValueLayout.JAVA_INT, i, word(random));
      }
      MemorySegment narrow = firstVectors(arena, wide);
      float[] sums = sums(a.toArray(ValueLayout.JAVA_INT), wide.toArray(ValueLayout.JAVA_INT));
      for (int columns : COLUMNS) {
        MemorySegment b = columns > Tile.LANES ? wide : narrow;
        for (boolean add : new boolean[] {false, true}) {
          float[] all = expected(sums, columns, add);
          for (int rows : ROWS) {
            float[] right = GUARDS.clone();
            System.arraycopy(all, 0, right, 0, rows * ROW_C);
            for (long fetches : columns > Tile.LANES ? lists : NO_LIST) {
              c.copyFrom(MemorySegment.ofArray(GUARDS));
              tiles.strip(
                  rows,
                  columns,
                  STEPS,
                  a.address(),
                  b.address(),
                  c.address(),
                  ROW_BYTES,
                  SCALE,
                  add,
                  fetches);
              if (!Arrays.equals(right, c.toArray(ValueLayout.JAVA_FLOAT))) {
                return Optional.of(
                    "the micro-kernel for %d rows and %d columns of %s computes wrong sums"
                        .formatted(rows, columns, element));
              }
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  private int offsetA(int row, int step) {
    return row * rowA + step * stepA;
  }

  /** Numbers with few digits, so that sums are exact in any order. */
  private int word(SplittableRandom random) {
    float x = random.nextInt(-32, 33) / 8f;
    float y = random.nextInt(-32, 33) / 8f;
    return element == Element.F32
        ? Float.floatToRawIntBits(x)
        : (HalfPrecision.floatToBf16(x) & 0xffff) | HalfPrecision.floatToBf16(y) << 16;
  }

  /** The first vector of each row of a panel. */
  private static MemorySegment firstVectors(Arena arena, MemorySegment wide) {
    long vector = (long) Tile.LANES * Float.BYTES;
    MemorySegment narrow = arena.allocate(STEPS * vector, 64);
    for (int k = 0; k < STEPS; k++) {
      MemorySegment.copy(wide, 2L * k * vector, narrow, k * vector, vector);
    }
    return narrow;
  }

  /** The product of a and b by plain loops, {@code [MOST, WIDTH]}. */
  private float[] sums(int[] a, int[] b) {
    float[] sums = new float[MOST * WIDTH];
    for (int r = 0; r < MOST; r++) {
      for (int k = 0; k < STEPS; k++) {
        int x = a[offsetA(r, k) / Float.BYTES];
        for (int j = 0; j < WIDTH; j++) {
          int y = b[k * WIDTH + j];
          sums[r * WIDTH + j] += first(x) * first(y) + second(x) * second(y);
        }
      }
    }
    return sums;
  }

  private float first(int word) {
    return Float.intBitsToFloat(element == Element.F32 ? word : word << 16);
  }

  /** The second number of a pair; a float has none. */
  private float second(int word) {
    return element == Element.F32 ? 0 : Float.intBitsToFloat(word & 0xffff0000);
  }

  /** The expected contents of c; columns beyond {@code columns} are unchanged. */
  private static float[] expected(float[] sums, int columns, boolean add) {
    float[] c = GUARDS.clone();
    for (int r = 0; r < MOST; r++) {
      for (int j = 0; j < columns; j++) {
        c[r * ROW_C + j] = SCALE * sums[r * WIDTH + j] + (add ? GUARD : 0);
      }
    }
    return c;
  }
}
