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
import org.diffusionnft.kernels.machine.MachineTranspose;
import org.diffusionnft.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * Transposes square blocks with as many rows as a vector has lanes. A round interleaves row i with
 * row {@code i + LANES / 2}; after log2(LANES) rounds, rows have become columns. Two rounds are
 * done together on four rows in registers, so that a block of 16 passes through memory only once.
 */
final class Transposition {
  private Transposition() {}

  private static final VectorShuffle<Float> ZIP_LOW = VectorShuffle.makeZip(FLOATS, 0);
  private static final VectorShuffle<Float> ZIP_HIGH = VectorShuffle.makeZip(FLOATS, 1);
  private static final VectorShuffle<Integer> ZIP_LOW_INTS = VectorShuffle.makeZip(INTS, 0);
  private static final VectorShuffle<Integer> ZIP_HIGH_INTS = VectorShuffle.makeZip(INTS, 1);
  private static final int QUARTER = LANES / 4;

  /** Whether the number of rounds is odd, so that one is left over after the pairs of rounds. */
  private static final boolean ODD = Integer.numberOfTrailingZeros(LANES) % 2 == 1;

  /**
   * Groups of rows of at least this many bytes are first fetched row by row: sixteen concurrent
   * rows are more than the hardware prefetches.
   */
  private static final long FAR = 32 << 10;

  /** Floats of working memory. */
  static final int WORK_FLOATS = 4 * LANES * LANES;

  /**
   * Writes {@code columns} rows of {@code k} contiguous elements as columns of {@code to}.
   *
   * @param row bytes between the rows read
   * @param stored stride of the rows written, in floats, a multiple of LANES; those beyond {@code
   *     columns} become 0
   * @param work working memory
   * @param machine machine code for whole blocks of words, or null
   */
  static void pack(
      DType dtype,
      long from,
      long row,
      int columns,
      int k,
      long to,
      int stored,
      long work,
      @Nullable MachineTranspose machine) {
    int size = dtype.bytes();
    for (int group = 0; group < stored; group += LANES) {
      int rows = Math.max(0, Math.min(LANES, columns - group));
      if ((long) rows * k * size >= FAR) {
        for (int r = 0; r < rows; r++) {
          Lanes.set(work, Rows.touch(from + (group + r) * row, (long) k * size));
        }
      }
      int i =
          dtype == DType.BF16 && ORDER == ByteOrder.LITTLE_ENDIAN
              ? pairs(from + group * row, row, rows, k, to + 4L * group, stored, work)
              : 0;
      int blocks = k / MachineTranspose.SIZE;
      if (machine != null && dtype == DType.F32 && rows == MachineTranspose.SIZE && blocks > 0) {
        machine.run(from + group * row, row, to + 4L * group, 4L * stored, blocks);
        i = blocks * MachineTranspose.SIZE;
      }
      for (; i < k; i += LANES) {
        int length = Math.min(LANES, k - i);
        long at = from + group * row + (long) size * i;
        long target = to + 4L * ((long) i * stored + group);
        if (dtype == DType.F32 && rows == LANES && length == LANES) {
          block(at, row, work, target, 4L * stored);
        } else {
          fetch(dtype, at, row, rows, length, work);
          part(work, target, 4L * stored, length, machine);
        }
      }
    }
  }

  /**
   * The same for BF16, two blocks at a time: read as words, elements at even positions are the low
   * halves and those at odd positions the high halves. The words are transposed together, the first
   * rounds as floats, which keep their bits; then a shift and a mask widen them.
   *
   * @return how many elements of each row were written, a multiple of twice LANES
   */
  private static int pairs(long from, long row, int rows, int k, long to, int stored, long work) {
    long odd = work + 2L * LANES * BYTES;
    int i = 0;
    for (; i + 2 * LANES <= k; i += 2 * LANES) {
      long at = to + 4L * i * stored;
      if (LANES == 16 && rows == LANES) {
        twoRounds(from + 2L * i, row, work, BYTES);
        twoRoundsWidened(work, at, 4L * stored);
      } else {
        fetchPairs(from + 2L * i, row, rows, work, odd);
        block(work, BYTES, work + LANES * BYTES, at, 8L * stored);
        block(odd, BYTES, work + LANES * BYTES, at + 4L * stored, 8L * stored);
      }
    }
    return i;
  }

  /** {@link #twoRounds} of words; the low half of each goes to the row before the high half. */
  private static void twoRoundsWidened(long from, long to, long rowTo) {
    for (int i = 0; i < QUARTER; i++) {
      long at = from + i * BYTES;
      IntVector a = IntVector.fromMemorySegment(INTS, ALL, at, ORDER);
      IntVector b = IntVector.fromMemorySegment(INTS, ALL, at + QUARTER * BYTES, ORDER);
      IntVector c = IntVector.fromMemorySegment(INTS, ALL, at + 2L * QUARTER * BYTES, ORDER);
      IntVector d = IntVector.fromMemorySegment(INTS, ALL, at + 3L * QUARTER * BYTES, ORDER);
      IntVector acLow = a.rearrange(ZIP_LOW_INTS, c);
      IntVector acHigh = a.rearrange(ZIP_HIGH_INTS, c);
      IntVector bdLow = b.rearrange(ZIP_LOW_INTS, d);
      IntVector bdHigh = b.rearrange(ZIP_HIGH_INTS, d);
      IntVector first = acLow.rearrange(ZIP_LOW_INTS, bdLow);
      IntVector second = acLow.rearrange(ZIP_HIGH_INTS, bdLow);
      IntVector third = acHigh.rearrange(ZIP_LOW_INTS, bdHigh);
      IntVector fourth = acHigh.rearrange(ZIP_HIGH_INTS, bdHigh);
      long row = to + 8L * i * rowTo;
      first.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(ALL, row, ORDER);
      first.and(0xFFFF0000).intoMemorySegment(ALL, row + rowTo, ORDER);
      second.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(ALL, row + 2 * rowTo, ORDER);
      second.and(0xFFFF0000).intoMemorySegment(ALL, row + 3 * rowTo, ORDER);
      third.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(ALL, row + 4 * rowTo, ORDER);
      third.and(0xFFFF0000).intoMemorySegment(ALL, row + 5 * rowTo, ORDER);
      fourth.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(ALL, row + 6 * rowTo, ORDER);
      fourth.and(0xFFFF0000).intoMemorySegment(ALL, row + 7 * rowTo, ORDER);
    }
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
    for (int r = 0; r < rows; r++) {
      Lanes.widen(dtype, from + r * row, work + r * BYTES, length);
    }
    clear(rows, work);
  }

  /** Zeros the rows that are not read. */
  private static void clear(int rows, long work) {
    for (int r = rows; r < LANES; r++) {
      Lanes.splat(0).intoMemorySegment(ALL, work + r * BYTES, ORDER);
    }
  }

  /** Transposes a block of which only the first columns are wanted. */
  private static void part(
      long work, long to, long rowTo, int length, @Nullable MachineTranspose machine) {
    long whole = work + 2L * LANES * BYTES;
    if (machine == null) {
      block(work, BYTES, work + LANES * BYTES, whole, BYTES);
    } else {
      machine.run(work, BYTES, whole, BYTES, 1);
    }
    for (int i = 0; i < length; i++) {
      fromMemorySegment(FLOATS, ALL, whole + i * BYTES, ORDER)
          .intoMemorySegment(ALL, to + i * rowTo, ORDER);
    }
  }

  /** Transposes one block; {@code between} is memory for a block. */
  static void block(long from, long rowFrom, long between, long to, long rowTo) {
    if (LANES == 4) {
      twoRounds(from, rowFrom, to, rowTo);
      return;
    }
    if (ODD) {
      round(from, rowFrom, between);
    } else {
      twoRounds(from, rowFrom, between, BYTES);
    }
    twoRounds(between, BYTES, to, rowTo);
  }

  private static void round(long from, long rowFrom, long to) {
    for (int i = 0; i < LANES / 2; i++) {
      FloatVector a = fromMemorySegment(FLOATS, ALL, from + i * rowFrom, ORDER);
      FloatVector b = fromMemorySegment(FLOATS, ALL, from + (i + LANES / 2) * rowFrom, ORDER);
      a.rearrange(ZIP_LOW, b).intoMemorySegment(ALL, to + 2L * i * BYTES, ORDER);
      a.rearrange(ZIP_HIGH, b).intoMemorySegment(ALL, to + (2 * i + 1) * BYTES, ORDER);
    }
  }

  private static void twoRounds(long from, long rowFrom, long to, long rowTo) {
    for (int i = 0; i < QUARTER; i++) {
      FloatVector a = fromMemorySegment(FLOATS, ALL, from + i * rowFrom, ORDER);
      FloatVector b = fromMemorySegment(FLOATS, ALL, from + (i + QUARTER) * rowFrom, ORDER);
      FloatVector c = fromMemorySegment(FLOATS, ALL, from + (i + 2 * QUARTER) * rowFrom, ORDER);
      FloatVector d = fromMemorySegment(FLOATS, ALL, from + (i + 3 * QUARTER) * rowFrom, ORDER);
      FloatVector acLow = a.rearrange(ZIP_LOW, c);
      FloatVector acHigh = a.rearrange(ZIP_HIGH, c);
      FloatVector bdLow = b.rearrange(ZIP_LOW, d);
      FloatVector bdHigh = b.rearrange(ZIP_HIGH, d);
      long at = to + 4L * i * rowTo;
      acLow.rearrange(ZIP_LOW, bdLow).intoMemorySegment(ALL, at, ORDER);
      acLow.rearrange(ZIP_HIGH, bdLow).intoMemorySegment(ALL, at + rowTo, ORDER);
      acHigh.rearrange(ZIP_LOW, bdHigh).intoMemorySegment(ALL, at + 2 * rowTo, ORDER);
      acHigh.rearrange(ZIP_HIGH, bdHigh).intoMemorySegment(ALL, at + 3 * rowTo, ORDER);
    }
  }
}
