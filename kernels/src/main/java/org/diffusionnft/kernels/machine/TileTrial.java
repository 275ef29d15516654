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

  /** Row stride of c in floats. */
  private static final int ROW_C = 40;

  private static final long ROW_BYTES = 4L * ROW_C;

  /** All heights of one tile, and several tiles with one and with two heights. */
  private static final int[] ROWS =
      IntStream.concat(
              IntStream.rangeClosed(1, Tile.MOST_ROWS),
              IntStream.of(2 * Tile.MOST_ROWS, 2 * Tile.MOST_ROWS + 1))
          .toArray();

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
      MemorySegment a = random(arena, bytesA / Float.BYTES, random);
      MemorySegment c = arena.allocate(4L * ROW_C * MOST, 64);
      for (int columns : COLUMNS) {
        int stored = columns > Tile.LANES ? 2 * Tile.LANES : Tile.LANES;
        MemorySegment b = random(arena, (long) stored * STEPS, random);
        for (boolean add : new boolean[] {false, true}) {
          float[] all = expected(a, b, columns, stored, add);
          for (int rows : ROWS) {
            c.copyFrom(MemorySegment.ofArray(GUARDS));
            tiles.strip(
                rows, columns, STEPS, a.address(), b.address(), c.address(), ROW_BYTES, SCALE, add);
            float[] right = GUARDS.clone();
            System.arraycopy(all, 0, right, 0, rows * ROW_C);
            if (!Arrays.equals(right, c.toArray(ValueLayout.JAVA_FLOAT))) {
              return Optional.of(
                  "the micro-kernel for %d rows and %d columns of %s computes wrong sums"
                      .formatted(rows, columns, element));
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  private MemorySegment random(Arena arena, long words, SplittableRandom random) {
    MemorySegment segment = arena.allocate(4 * words, 64);
    for (long i = 0; i < words; i++) {
      segment.setAtIndex(ValueLayout.JAVA_INT, i, word(random));
    }
    return segment;
  }

  /** Numbers with few digits, so that sums are exact in any order. */
  private int word(SplittableRandom random) {
    float x = random.nextInt(-32, 33) / 8f;
    float y = random.nextInt(-32, 33) / 8f;
    return element == Element.F32
        ? Float.floatToRawIntBits(x)
        : (HalfPrecision.floatToBf16(x) & 0xffff) | HalfPrecision.floatToBf16(y) << 16;
  }

  /** The expected contents of c; columns beyond {@code columns} are unchanged. */
  private float[] expected(MemorySegment a, MemorySegment b, int columns, int stored, boolean add) {
    float[] c = GUARDS.clone();
    for (int r = 0; r < MOST; r++) {
      for (int j = 0; j < columns; j++) {
        float sum = 0;
        for (int k = 0; k < STEPS; k++) {
          sum +=
              product(
                  a.get(ValueLayout.JAVA_INT, (long) r * rowA + (long) k * stepA),
                  b.get(ValueLayout.JAVA_INT, 4L * (k * stored + j)));
        }
        c[r * ROW_C + j] = SCALE * sum + (add ? GUARD : 0);
      }
    }
    return c;
  }

  private float product(int x, int y) {
    if (element == Element.F32) {
      return Float.intBitsToFloat(x) * Float.intBitsToFloat(y);
    }
    return half(x) * half(y) + half(x >>> 16) * half(y >>> 16);
  }

  private static float half(int bits) {
    return HalfPrecision.bf16ToFloat((short) bits);
  }
}
