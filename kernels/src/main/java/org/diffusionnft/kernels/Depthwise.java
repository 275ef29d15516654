package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;
import static org.diffusionnft.kernels.Operands.address;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.diffusionnft.kernels.VectorConvolutions.Ending;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Tensor;

/**
 * A depthwise convolution: each filter sees one channel. A task is a band of lines of one filter's
 * output. The image lines it reads are copied to zero-padded working memory, in which adjacent
 * windows are adjacent: with a stride of 2 (or 3, ..), every second (or third, ..) pixel comes
 * first, then those between. Each cell of the window is then a load at a fixed offset.
 */
final class Depthwise {
  /** Approximate number of image floats that a task copies: they stay in the L1 cache. */
  private static final int BAND_FLOATS = 6 << 10;

  /** Lines per tile. */
  private static final int LINES = 4;

  private static final int SLOT_LINES = 1;
  private static final int SLOT_WEIGHTS = 2;

  private final Workers workers;
  private final Sweep sweep;
  private final Ending ending;
  private final DType type;
  private final long image;
  private final long weight;
  private final long out;
  private final int planes;
  private final int filters;
  private final int perChannel;
  private final int height;
  private final int width;

  /** Floats per line for one remainder modulo the stride, including padding. */
  private final int length;

  /** Bytes between copied lines. */
  private final long line;

  /** Bytes from the first cell of a window to each of its cells. */
  private final long[] cells;

  Depthwise(Workers workers, Tensor x, Tensor weight, Sweep sweep, Ending ending, Tensor out) {
    this.workers = workers;
    this.sweep = sweep;
    this.ending = ending;
    this.type = weight.dtype();
    this.image = address(x);
    this.weight = address(weight);
    this.out = address(out);
    this.filters = weight.shape().intDim(0);
    this.planes = Math.toIntExact(out.dim(0) * filters);
    this.perChannel = filters / sweep.groups();
    this.height = x.shape().intDim(2);
    this.width = x.shape().intDim(3);
    int reach = (sweep.kernelWidth() - 1) * sweep.dilationX();
    this.length = Panels.padded(Panels.padded(sweep.outWidth()) + reach / sweep.strideX() + 1);
    this.line = 4L * sweep.strideX() * length;
    this.cells = new long[sweep.cells()];
    for (int i = 0; i < cells.length; i++) {
      int x0 = i % sweep.kernelWidth() * sweep.dilationX();
      cells[i] =
          line * sweep.dilationY() * (i / sweep.kernelWidth())
              + 4L * (x0 % sweep.strideX() * length + x0 / sweep.strideX());
    }
  }

  /** Computes the convolution. */
  void run() {
    int reach = (sweep.kernelHeight() - 1) * sweep.dilationY();
    long room = BAND_FLOATS / (line / 4) - reach;
    int most = (int) Math.max(LINES, room / sweep.strideY() / LINES * LINES);
    int bands = (sweep.outHeight() + most - 1) / most;
    int lines = ((sweep.outHeight() + bands - 1) / bands + LINES - 1) / LINES * LINES;
    int tasks = (sweep.outHeight() + lines - 1) / lines;
    workers.run(
        Math.multiplyExact(planes, tasks),
        (long) planes * sweep.outHeight() * sweep.outWidth() * sweep.cells() / 8,
        (index, scratch) -> {
          int first = index % tasks * lines;
          band(index / tasks, first, Math.min(lines, sweep.outHeight() - first), scratch);
        });
  }

  private void band(int plane, int first, int lines, Scratch scratch) {
    int filter = plane % filters;
    int channel = plane / filters * sweep.groups() + filter / perChannel;
    int from = first * sweep.strideY() - sweep.top();
    int reach = (sweep.kernelHeight() - 1) * sweep.dilationY();
    int count = (lines - 1) * sweep.strideY() + reach + 1;
    long copies = scratch.floats(SLOT_LINES, line / 4 * count);
    for (int i = 0; i < count; i++) {
      int y = from + i;
      long at = copies + line * i;
      if (y < 0 || y >= height) {
        RowLoops.fill(at, 0, (int) (line / 4));
      } else {
        copyLine(image + 4L * ((long) channel * height + y) * width, at);
      }
    }
    long weights = scratch.floats(SLOT_WEIGHTS, cells.length);
    Lanes.widen(type, weight + (long) type.bytes() * cells.length * filter, weights, cells.length);
    int outWidth = sweep.outWidth();
    long to = out + 4L * ((long) plane * sweep.outHeight() + first) * outWidth;
    long step = line * sweep.strideY();
    for (int i = 0; i < lines; ) {
      boolean tall = lines - i >= LINES;
      long at = copies + i * step;
      long target = to + 4L * i * outWidth;
      for (int x = 0; x < outWidth; x += LANES) {
        VectorMask<Float> inside = FIRST[Math.min(LANES, outWidth - x)];
        if (tall) {
          fourLines(cells, weights, at + 4L * x, step, target + 4L * x, 4L * outWidth, inside);
        } else {
          oneLine(cells, weights, at + 4L * x, target + 4L * x, inside);
        }
      }
      i += tall ? LINES : 1;
    }
    ending.apply(filter, to, lines * outWidth, scratch);
  }

  private void copyLine(long from, long to) {
    int stride = sweep.strideX();
    for (int rest = 0; rest < stride; rest++) {
      long at = to + 4L * rest * length;
      // position q holds pixel q * stride + rest - left
      int begin = Math.clamp(Math.ceilDiv(sweep.left() - rest, stride), 0, length);
      int end = Math.clamp(Math.ceilDiv(width + sweep.left() - rest, stride), begin, length);
      int pixel = begin * stride + rest - sweep.left();
      clear(at, 0, begin);
      clear(at, end, length);
      copyEvery(stride, from + 4L * pixel, at + 4L * begin, end - begin);
    }
  }

  /** Zeros the vectors that overlap a range; other elements in them are written afterwards. */
  private static void clear(long line, int from, int to) {
    for (int i = from / LANES * LANES; i < to; i += LANES) {
      Lanes.splat(0).intoMemorySegment(ALL, line + 4L * i, ORDER);
    }
  }

  private static void copyEvery(int stride, long from, long to, int count) {
    int i = 0;
    if (stride == 1) {
      Rows.copy(from, to, count);
      return;
    }
    if (stride == 2) {
      // a vector step reads one pixel too many, so the last vector is left out
      for (; i + LANES < count; i += LANES) {
        Lanes.everySecond(from + 8L * i, to + 4L * i);
      }
    }
    for (; i < count; i++) {
      Lanes.set(to + 4L * i, Lanes.get(from + 4L * i * stride));
    }
  }

  private static void fourLines(
      long[] cells,
      long weights,
      long from,
      long step,
      long to,
      long row,
      VectorMask<Float> inside) {
    FloatVector a = Lanes.splat(0);
    FloatVector b = Lanes.splat(0);
    FloatVector c = Lanes.splat(0);
    FloatVector d = Lanes.splat(0);
    for (int i = 0; i < cells.length; i++) {
      FloatVector w = Lanes.splatAt(weights + 4L * i);
      long at = from + cells[i];
      a = fromMemorySegment(FLOATS, ALL, at, ORDER).fma(w, a);
      b = fromMemorySegment(FLOATS, ALL, at + step, ORDER).fma(w, b);
      c = fromMemorySegment(FLOATS, ALL, at + 2 * step, ORDER).fma(w, c);
      d = fromMemorySegment(FLOATS, ALL, at + 3 * step, ORDER).fma(w, d);
    }
    a.intoMemorySegment(ALL, to, ORDER, inside);
    b.intoMemorySegment(ALL, to + row, ORDER, inside);
    c.intoMemorySegment(ALL, to + 2 * row, ORDER, inside);
    d.intoMemorySegment(ALL, to + 3 * row, ORDER, inside);
  }

  private static void oneLine(
      long[] cells, long weights, long from, long to, VectorMask<Float> inside) {
    FloatVector a = Lanes.splat(0);
    for (int i = 0; i < cells.length; i++) {
      FloatVector w = Lanes.splatAt(weights + 4L * i);
      a = fromMemorySegment(FLOATS, ALL, from + cells[i], ORDER).fma(w, a);
    }
    a.intoMemorySegment(ALL, to, ORDER, inside);
  }
}
