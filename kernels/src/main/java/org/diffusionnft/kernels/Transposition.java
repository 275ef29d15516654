package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.BYTES;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.INTS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.diffusionnft.tensor.DType;

/**
 * Transposes square blocks of as many rows as a vector has lanes. A round interleaves row i with
 * row {@code i + LANES / 2}; after as many rounds as LANES has bits, rows are columns.
 */
final class Transposition {
  private Transposition() {}

  private static final VectorShuffle<Float> ZIP_LOW = VectorShuffle.makeZip(FLOATS, 0);
  private static final VectorShuffle<Float> ZIP_HIGH = VectorShuffle.makeZip(FLOATS, 1);
  private static final int ROUNDS = Integer.numberOfTrailingZeros(LANES);

  /** Floats of working memory. */
  static final int WORK_FLOATS = 4 * LANES * LANES;

  /**
   * Writes {@code columns} rows of {@code k} contiguous elements as columns of {@code to}.
   *
   * @param row bytes between the rows read
   * @param stored floats between the rows written, a multiple of LANES; those beyond {@code
   *     columns} become 0
   * @param work working memory
   */
  static void pack(
      DType dtype, long from, long row, int columns, int k, long to, int stored, long work) {
    int size = dtype.bytes();
    for (int group = 0; group < stored; group += LANES) {
      int rows = Math.max(0, Math.min(LANES, columns - group));
      int i =
          dtype == DType.BF16 && ORDER == ByteOrder.LITTLE_ENDIAN
              ? pairs(from + group * row, row, rows, k, to + 4L * group, stored, work)
              : 0;
      for (; i < k; i += LANES) {
        int length = Math.min(LANES, k - i);
        fetch(dtype, from + group * row + (long) size * i, row, rows, length, work);
        block(work, to + 4L * ((long) i * stored + group), 4L * stored, length);
      }
    }
  }

  /**
   * The same for BF16, two blocks at a time: read as words, elements of even places are their low
   * halves and those of odd places their high halves, so that a shift and a mask widen them.
   *
   * @return how many elements of each row were written, a multiple of twice LANES
   */
  private static int pairs(long from, long row, int rows, int k, long to, int stored, long work) {
    long odd = work + 2L * LANES * BYTES;
    int i = 0;
    for (; i + 2 * LANES <= k; i += 2 * LANES) {
      fetchPairs(from + 2L * i, row, rows, work, odd);
      long at = to + 4L * i * stored;
      block(work, at, 8L * stored, LANES);
      block(odd, at + 4L * stored, 8L * stored, LANES);
    }
    return i;
  }

  private static void fetchPairs(long from, long row, int rows, long even, long odd) {
    for (int r = 0; r < rows; r++) {
      IntVector words = IntVector.fromMemorySegment(INTS, ALL, from + r * row, ORDER);
      words.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(ALL, even + r * BYTES, ORDER);
      words.and(0xFFFF0000).intoMemorySegment(ALL, odd + r * BYTES, ORDER);
    }
    clear(rows, even);
    clear(rows, odd);
  }

  /** Copies a block into working memory, widened, with zeros around it. */
  private static void fetch(DType dtype, long from, long row, int rows, int length, long work) {
    if (dtype == DType.F32 && length == LANES) {
      for (int r = 0; r < rows; r++) {
        fromMemorySegment(FLOATS, ALL, from + r * row, ORDER)
            .intoMemorySegment(ALL, work + r * BYTES, ORDER);
      }
    } else {
      for (int r = 0; r < rows; r++) {
        Lanes.widen(dtype, from + r * row, work + r * BYTES, length);
      }
    }
    clear(rows, work);
  }

  /** Zeros in the rows that are not read. */
  private static void clear(int rows, long work) {
    for (int r = rows; r < LANES; r++) {
      Lanes.splat(0).intoMemorySegment(ALL, work + r * BYTES, ORDER);
    }
  }

  private static void block(long work, long to, long rowTo, int length) {
    long from = work;
    long other = work + LANES * BYTES;
    for (int round = 1; round < ROUNDS; round++) {
      for (int i = 0; i < LANES / 2; i++) {
        FloatVector a = fromMemorySegment(FLOATS, ALL, from + i * BYTES, ORDER);
        FloatVector b = fromMemorySegment(FLOATS, ALL, from + (i + LANES / 2) * BYTES, ORDER);
        a.rearrange(ZIP_LOW, b).intoMemorySegment(ALL, other + 2L * i * BYTES, ORDER);
        a.rearrange(ZIP_HIGH, b).intoMemorySegment(ALL, other + (2 * i + 1) * BYTES, ORDER);
      }
      long swap = from;
      from = other;
      other = swap;
    }
    for (int i = 0; i < LANES / 2; i++) {
      FloatVector a = fromMemorySegment(FLOATS, ALL, from + i * BYTES, ORDER);
      FloatVector b = fromMemorySegment(FLOATS, ALL, from + (i + LANES / 2) * BYTES, ORDER);
      if (2 * i < length) {
        a.rearrange(ZIP_LOW, b).intoMemorySegment(ALL, to + 2L * i * rowTo, ORDER);
      }
      if (2 * i + 1 < length) {
        a.rearrange(ZIP_HIGH, b).intoMemorySegment(ALL, to + (2 * i + 1) * rowTo, ORDER);
      }
    }
  }
}
