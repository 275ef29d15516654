package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.BETWEEN;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.Tensor;

/**
 * The windows of a convolution as {@link Panels}: a column for each window, a row for each channel
 * and cell. A vector of a row holds the pixels under one cell of adjacent windows: with stride 1 or
 * 2 it takes one or two loads. Windows of different output lines form separate runs.
 */
final class WindowPanels {
  private final long image;
  private final long imageEnd;
  private final int channels;
  private final int height;
  private final int width;
  private final Sweep sweep;

  private WindowPanels(
      long image, long imageEnd, int channels, int height, int width, Sweep sweep) {
    this.image = image;
    this.imageEnd = imageEnd;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.sweep = sweep;
  }

  static WindowPanels of(Tensor x, Sweep sweep) {
    int channels = x.shape().intDim(1) / sweep.groups();
    int height = x.shape().intDim(2);
    int width = x.shape().intDim(3);
    long image = Operands.address(x);
    long end = image + 4 * x.elements();
    if (sweep.isPointwise(height, width)) {
      // one line of windows, so that no run ends before the image does
      int area = Math.multiplyExact(height, width);
      Sweep line = new Sweep(1, 1, 1, 1, 1, 1, 0, 0, 1, area, sweep.groups());
      return new WindowPanels(image, end, channels, 1, area, line);
    }
    return new WindowPanels(image, end, channels, height, width, sweep);
  }

  /**
   * Packs panels that follow each other in memory. Several at once, so that image lines are read in
   * long pieces.
   *
   * @param group index over the groups of all images
   * @param fromK first row, of {@code k} rows
   * @param column first window, of {@code columns}: 1 to {@link Panels#WIDTH}, or a multiple of it
   */
  void pack(int group, int fromK, int k, int column, int columns, long to) {
    long first = image + 4L * group * channels * height * width;
    Target target = new Target(to, k, Panels.step(Math.min(columns, Panels.WIDTH)));
    for (int done = 0; done < columns; ) {
      int y = (column + done) / sweep.outWidth();
      int x = (column + done) % sweep.outWidth();
      int run = Math.min(columns - done, sweep.outWidth() - x);
      run(first, fromK, y, x, done, done + run, target);
      done += run;
    }
  }

  /** The destination of panels of {@code k} rows with a stride of {@code step} bytes. */
  private record Target(long address, int k, long step) {

    /**
     * The address of the vector of a row that begins at a column, a multiple of {@link
     * Lanes#LANES}.
     */
    long vector(int row, int column) {
      long panel = column / Panels.WIDTH * step * k;
      return address + panel + row * step + 4L * (column % Panels.WIDTH);
    }
  }

  /** Packs columns {@code begin} to {@code end}, whose windows are on one line. */
  private void run(long first, int fromK, int y, int x, int begin, int end, Target target) {
    int top = y * sweep.strideY() - sweep.top();
    // where the window of column 0 would begin, if the line extended that far left
    int left = (x - begin) * sweep.strideX() - sweep.left();
    int cell = fromK % sweep.cells();
    long plane = first + 4L * (fromK / sweep.cells()) * height * width;
    int ky = cell / sweep.kernelWidth();
    int kx = cell % sweep.kernelWidth();
    for (int row = 0; row < target.k(); ) {
      int pixels = top + ky * sweep.dilationY();
      boolean outside = pixels < 0 || pixels >= height;
      long line = plane + 4L * pixels * width;
      for (; kx < sweep.kernelWidth() && row < target.k(); kx++, row++) {
        if (outside) {
          clear(begin, end, row, target);
        } else {
          cells(line, left + kx * sweep.dilationX(), begin, end, row, target);
        }
      }
      kx = 0;
      if (++ky == sweep.kernelHeight()) {
        ky = 0;
        plane += 4L * height * width;
      }
    }
  }

  private static void clear(int begin, int end, int row, Target target) {
    for (int v = begin / LANES * LANES; v < end; v += LANES) {
      store(Lanes.splat(0), begin - v, end - v, target.vector(row, v));
    }
  }

  /**
   * Packs one row: the pixels under one cell.
   *
   * @param x the pixel of column 0
   */
  private void cells(long line, int x, int begin, int end, int row, Target target) {
    int stride = sweep.strideX();
    // Columns whose vectors lie fully inside the image. No division by the stride, because this
    // runs for every row.
    int low = stride == 1 ? -x : stride == 2 ? (1 - x) >> 1 : end;
    int high = stride == 1 ? width - x : stride == 2 ? (width - x) >> 1 : end;
    int whole = Math.min(Panels.padded(Math.max(begin, low)), end);
    int rest = Math.max(whole, Math.min(end, high) / LANES * LANES);
    for (int v = begin / LANES * LANES; v < whole; v += LANES) {
      edge(line, x + v * stride, begin - v, end - v, target.vector(row, v));
    }
    long from = line + 4L * x;
    if (stride == 1) {
      for (int v = whole; v < rest; v += LANES) {
        fromMemorySegment(FLOATS, ALL, from + 4L * v, ORDER)
            .intoMemorySegment(ALL, target.vector(row, v), ORDER);
      }
    } else {
      for (int v = whole; v < rest; v += LANES) {
        Lanes.everySecond(
                fromMemorySegment(FLOATS, ALL, from + 8L * v, ORDER),
                fromMemorySegment(FLOATS, ALL, from + 8L * v + 4L * LANES, ORDER))
            .intoMemorySegment(ALL, target.vector(row, v), ORDER);
      }
    }
    for (int v = rest; v < end; v += LANES) {
      edge(line, x + v * stride, begin - v, end - v, target.vector(row, v));
    }
  }

  /** Packs a vector that is shared with other runs, or that lies partly outside the image. */
  private void edge(long line, int x, int begin, int end, long to) {
    int lane = Math.max(begin, 0);
    int last = Math.min(end, LANES);
    int stride = sweep.strideX();
    long from = line + 4L * x;
    // without masked loads in hardware, all lanes are read: never beyond the images' own memory
    boolean within = from >= image && from + 4L * stride * LANES <= imageEnd;
    if (stride == 1 && within) {
      int low = Math.clamp(-x, lane, last);
      int high = Math.clamp(width - x, low, last);
      store(fromMemorySegment(FLOATS, ALL, from, ORDER, BETWEEN[low][high]), begin, end, to);
    } else if (stride == 2 && within) {
      // pixels inside the image that belong to lanes of this run
      int low = Math.max(2 * lane, -x);
      int high = Math.min(2 * last - 1, width - x);
      FloatVector near = fromMemorySegment(FLOATS, ALL, from, ORDER, pixels(low, high));
      FloatVector far =
          fromMemorySegment(
              FLOATS, ALL, from + 4L * LANES, ORDER, pixels(low - LANES, high - LANES));
      store(Lanes.everySecond(near, far), begin, end, to);
    } else {
      store(Lanes.splat(0), begin, end, to);
      for (int i = lane; i < last; i++) {
        int pixel = x + i * stride;
        if (pixel >= 0 && pixel < width) {
          Lanes.set(to + 4L * i, Lanes.get(line + 4L * pixel));
        }
      }
    }
  }

  private static VectorMask<Float> pixels(int low, int high) {
    int l = Math.clamp(low, 0, LANES);
    return BETWEEN[l][Math.clamp(high, l, LANES)];
  }

  /**
   * Writes lanes {@code begin} to {@code end}; a run that has lane 0 writes all, later runs
   * overwrite the rest.
   */
  private static void store(FloatVector lanes, int begin, int end, long to) {
    if (begin <= 0) {
      lanes.intoMemorySegment(ALL, to, ORDER);
    } else {
      lanes.intoMemorySegment(ALL, to, ORDER, BETWEEN[begin][Math.min(end, LANES)]);
    }
  }
}
