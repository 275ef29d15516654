package org.diffusionnft.kernels;

import org.diffusionnft.tensor.Shape;

/**
 * Copies elements of two or four bytes between two strided walks over one shape. Axes of size 1 are
 * dropped, and adjacent axes that are contiguous on both sides are merged; the last remaining axis
 * is the row. If it has only a few elements, and the rows are contiguous in the target, the last
 * two axes form the row: a few streams that are interleaved.
 */
final class StridedCopy {
  /** Maximum number of interleaved streams. */
  private static final int STREAMS = 8;

  private final int size;
  private final long from;
  private final long to;
  private final long[] dims;
  private final long[] stridesFrom;
  private final long[] stridesTo;
  private final int outer;
  private final int streams;

  private StridedCopy(
      int size, long from, long to, long[] dims, long[] stridesFrom, long[] stridesTo, int axes) {
    this.size = size;
    this.from = from;
    this.to = to;
    this.dims = dims;
    this.stridesFrom = stridesFrom;
    this.stridesTo = stridesTo;
    int last = axes - 1;
    boolean interleaved =
        size == 4
            && last > 0
            && dims[last] <= STREAMS
            && stridesTo[last] == 1
            && stridesTo[last - 1] == dims[last]
            && stridesFrom[last - 1] == 1;
    this.streams = interleaved ? (int) dims[last] : 1;
    this.outer = interleaved ? last - 1 : last;
  }

  /**
   * The copy of one tensor.
   *
   * @param size bytes of an element: 2 or 4
   */
  static StridedCopy of(
      int size, Shape shape, long from, long[] stridesFrom, long to, long[] stridesTo) {
    int rank = shape.rank();
    long[] dims = new long[rank + 1];
    long[] f = new long[rank + 1];
    long[] t = new long[rank + 1];
    int axes = 0;
    for (int i = 0; i < rank; i++) {
      long d = shape.dim(i);
      if (d == 1) {
        continue;
      }
      boolean joins =
          axes > 0 && f[axes - 1] == d * stridesFrom[i] && t[axes - 1] == d * stridesTo[i];
      if (joins) {
        axes--;
        dims[axes] *= d;
      } else {
        dims[axes] = d;
      }
      f[axes] = stridesFrom[i];
      t[axes] = stridesTo[i];
      axes++;
    }
    if (axes == 0) {
      dims[0] = shape.elements();
      f[0] = 1;
      t[0] = 1;
      axes = 1;
    }
    return new StridedCopy(size, from, to, dims, f, t, axes);
  }

  long length() {
    return streams * dims[outer];
  }

  long rows() {
    long rows = 1;
    for (int i = 0; i < outer; i++) {
      rows *= dims[i];
    }
    return rows;
  }

  /** Copies one row. */
  void row(long row) {
    long f = from;
    long t = to;
    long rest = row;
    for (int i = outer - 1; i >= 0; i--) {
      long index = rest % dims[i];
      rest /= dims[i];
      f += size * index * stridesFrom[i];
      t += size * index * stridesTo[i];
    }
    long n = dims[outer];
    if (streams > 1) {
      interleave(f, 4 * stridesFrom[outer + 1], t, Math.toIntExact(n));
      return;
    }
    long stepFrom = size * stridesFrom[outer];
    long stepTo = size * stridesTo[outer];
    if (stepFrom == size && stepTo == size) {
      copy(f, t, n * size);
    } else if (size == 2) {
      for (long i = 0; i < n; i++) {
        Lanes.setShort(t + i * stepTo, Lanes.getShort(f + i * stepFrom));
      }
    } else if (stepFrom == 0 && stepTo == 4) {
      RowLoops.fill(t, Lanes.get(f), Math.toIntExact(n));
    } else {
      for (long i = 0; i < n; i++) {
        Lanes.set(t + i * stepTo, Lanes.get(f + i * stepFrom));
      }
    }
  }

  private void interleave(long f, long between, long t, int n) {
    int i = 0;
    if (streams == 2) {
      for (; i < Lanes.whole(n); i += Lanes.LANES) {
        Lanes.zip(f + 4L * i, f + between + 4L * i, t + 8L * i);
      }
    }
    for (int s = 0; s < streams; s++) {
      for (int j = i; j < n; j++) {
        Lanes.set(t + 4L * (j * streams + s), Lanes.get(f + s * between + 4L * j));
      }
    }
  }

  /** Short rows are copied inline: calling the JVM's copy routine would cost more. */
  private static void copy(long from, long to, long bytes) {
    if (bytes > 4096) {
      Lanes.copy(from, to, bytes);
      return;
    }
    int count = (int) bytes / 4;
    Rows.copy(from, to, count);
    if (bytes % 4 != 0) {
      Lanes.setShort(to + 4L * count, Lanes.getShort(from + 4L * count));
    }
  }
}
