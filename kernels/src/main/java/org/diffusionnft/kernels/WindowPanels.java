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
 * and cell. A vector of a row is the picture's pixels under one cell of neighbouring windows, which
 * lie side by side or every second one, so it is a load or two; windows of two lines of the output
 * are a run each.
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
      // one line of windows, so that no run ends before the picture does
      int area = Math.multiplyExact(height, width);
      Sweep line = new Sweep(1, 1, 1, 1, 1, 1, 0, 0, 1, area, sweep.groups());
      return new WindowPanels(image, end, channels, 1, area, line);
    }
    return new WindowPanels(image, end, channels, height, width, sweep);
  }

  /**
   * Packs one panel.
   *
   * @param group of all groups of all pictures
   * @param fromK first row, of {@code k} rows
   * @param column first window, of {@code columns}, 1 to {@link Panels#WIDTH}
   */
  void pack(int group, int fromK, int k, int column, int columns, long to) {
    long step = Panels.step(columns);
    long first = image + 4L * group * channels * height * width;
    for (int lane = 0; lane < columns; lane += LANES) {
      vectors(
          first, fromK, k, column + lane, Math.min(LANES, columns - lane), to + 4L * lane, step);
    }
  }

  /** One vector of each row, made of runs. */
  private void vectors(long first, int fromK, int k, int column, int columns, long to, long step) {
    for (int lane = 0; lane < columns; ) {
      int y = (column + lane) / sweep.outWidth();
      int x = (column + lane) % sweep.outWidth();
      int run = Math.min(columns - lane, sweep.outWidth() - x);
      run(first, fromK, k, y, x, lane, lane + run, to, step);
      lane += run;
    }
  }

  /** Lanes of each row that are windows of one line. */
  private void run(
      long first, int fromK, int k, int y, int x, int lane, int end, long to, long step) {
    int top = y * sweep.strideY() - sweep.top();
    // where the window of lane 0 would begin, if the line began that far left
    int left = (x - lane) * sweep.strideX() - sweep.left();
    int cell = fromK % sweep.cells();
    long plane = first + 4L * (fromK / sweep.cells()) * height * width;
    int ky = cell / sweep.kernelWidth();
    int kx = cell % sweep.kernelWidth();
    for (int done = 0; done < k; ) {
      int row = top + ky * sweep.dilationY();
      int many = Math.min(sweep.kernelWidth() - kx, k - done);
      long at = to + done * step;
      if (row < 0 || row >= height) {
        for (int i = 0; i < many; i++) {
          clear(lane, end, at + i * step);
        }
      } else {
        long line = plane + 4L * row * width;
        for (int i = 0; i < many; i++) {
          cells(line, left + (kx + i) * sweep.dilationX(), lane, end, at + i * step);
        }
      }
      done += many;
      kx = 0;
      if (++ky == sweep.kernelHeight()) {
        ky = 0;
        plane += 4L * height * width;
      }
    }
  }

  /** Lanes {@code lane} to {@code end}; in the first run those behind become 0. */
  private static void clear(int lane, int end, long to) {
    if (lane == 0) {
      Lanes.splat(0).intoMemorySegment(ALL, to, ORDER);
    } else {
      Lanes.splat(0).intoMemorySegment(ALL, to, ORDER, BETWEEN[lane][end]);
    }
  }

  private void cells(long line, int x, int lane, int end, long to) {
    long from = line + 4L * x;
    // where masks are no part of loads, all lanes are read: not beyond the pictures' own memory
    boolean within = from >= image && from + 4L * sweep.strideX() * LANES <= imageEnd;
    if (sweep.strideX() == 1 && within) {
      int low = Math.max(lane, Math.min(-x, end));
      int high = Math.max(low, Math.min(width - x, end));
      beside(from, low, high, lane, end, to);
    } else if (sweep.strideX() == 2 && within) {
      everySecond(from, x, lane, end, to);
    } else {
      oneByOne(line, x, lane, end, to);
    }
  }

  private static void beside(long from, int low, int high, int lane, int end, long to) {
    if (low == 0 && high == LANES) {
      fromMemorySegment(FLOATS, ALL, from, ORDER).intoMemorySegment(ALL, to, ORDER);
      return;
    }
    FloatVector seen = fromMemorySegment(FLOATS, ALL, from, ORDER, BETWEEN[low][high]);
    if (lane == 0) {
      seen.intoMemorySegment(ALL, to, ORDER);
    } else {
      seen.intoMemorySegment(ALL, to, ORDER, BETWEEN[lane][end]);
    }
  }

  private void everySecond(long from, int x, int lane, int end, long to) {
    // pixels that belong to lanes of this run, of those in the picture
    int low = Math.max(2 * lane, -x);
    int high = Math.min(2 * end - 1, width - x);
    FloatVector near = fromMemorySegment(FLOATS, ALL, from, ORDER, pixels(low, high));
    FloatVector far =
        fromMemorySegment(FLOATS, ALL, from + 4L * LANES, ORDER, pixels(low - LANES, high - LANES));
    FloatVector seen = Lanes.everySecond(near, far);
    if (lane == 0) {
      seen.intoMemorySegment(ALL, to, ORDER);
    } else {
      seen.intoMemorySegment(ALL, to, ORDER, BETWEEN[lane][end]);
    }
  }

  private static VectorMask<Float> pixels(int low, int high) {
    int l = Math.clamp(low, 0, LANES);
    return BETWEEN[l][Math.clamp(high, l, LANES)];
  }

  private void oneByOne(long line, int x, int lane, int end, long to) {
    clear(lane, end, to);
    for (int i = lane; i < end; i++) {
      int at = x + i * sweep.strideX();
      if (at >= 0 && at < width) {
        Lanes.set(to + 4L * i, Lanes.get(line + 4L * at));
      }
    }
  }
}
