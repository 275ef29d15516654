package org.diffusionnft.kernels;

import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.Shape;

/** Sliding windows over images: unfolding to columns and folding back. */
final class Windows {
  private final Window window;
  private final int height;
  private final int width;
  private final int outHeight;
  private final int outWidth;

  Windows(Shape image, Window window) {
    this.window = window;
    this.height = image.intDim(2);
    this.width = image.intDim(3);
    this.outHeight = Math.toIntExact(window.outHeight(height));
    this.outWidth = Math.toIntExact(window.outWidth(width));
  }

  /** Cells of a window. */
  int cells() {
    return window.kernelHeight() * window.kernelWidth();
  }

  /** Windows in an image. */
  long area() {
    return (long) outHeight * outWidth;
  }

  /** Writes row {@code row} of the columns: one cell of the window over one plane of the image. */
  void unfold(long image, long row, long columns) {
    int cell = (int) (row % cells());
    long plane = image + 4 * (row / cells()) * height * width;
    long to = columns + 4 * row * area();
    int ky = cell / window.kernelWidth() - window.top();
    int kx = cell % window.kernelWidth() - window.left();
    int firstX = firstInside(kx);
    int endX = Math.max(firstX, endInside(kx));
    for (int oy = 0; oy < outHeight; oy++) {
      long out = to + 4L * oy * outWidth;
      int y = oy * window.stride() + ky;
      if (y < 0 || y >= height) {
        RowLoops.fill(out, 0, outWidth);
        continue;
      }
      RowLoops.fill(out, 0, firstX);
      long from = plane + 4 * ((long) y * width + (long) firstX * window.stride() + kx);
      if (window.stride() == 1) {
        Lanes.copy(from, out + 4L * firstX, 4L * (endX - firstX));
      } else {
        for (int i = 0; i < endX - firstX; i++) {
          Lanes.set(out + 4L * (firstX + i), Lanes.get(from + 4L * i * window.stride()));
        }
      }
      RowLoops.fill(out + 4L * endX, 0, outWidth - endX);
    }
  }

  /** Adds all cells over one plane back into it, cell by cell. */
  void fold(long columns, long index, long image) {
    long plane = image + 4 * index * height * width;
    long from = columns + 4 * index * cells() * area();
    RowLoops.fill(plane, 0, height * width);
    for (int cell = 0; cell < cells(); cell++) {
      int ky = cell / window.kernelWidth() - window.top();
      int kx = cell % window.kernelWidth() - window.left();
      int firstX = firstInside(kx);
      int endX = Math.max(firstX, endInside(kx));
      for (int oy = 0; oy < outHeight; oy++) {
        int y = oy * window.stride() + ky;
        if (y < 0 || y >= height) {
          continue;
        }
        long row = from + 4 * (cell * area() + (long) oy * outWidth + firstX);
        long to = plane + 4 * ((long) y * width + (long) firstX * window.stride() + kx);
        if (window.stride() == 1) {
          RowLoops.add(row, to, endX - firstX);
        } else {
          for (int i = 0; i < endX - firstX; i++) {
            long at = to + 4L * i * window.stride();
            Lanes.set(at, Lanes.get(at) + Lanes.get(row + 4L * i));
          }
        }
      }
    }
  }

  /** The first output column whose cell lies in the image. */
  private int firstInside(int kx) {
    return kx >= 0 ? 0 : Math.min(outWidth, (-kx + window.stride() - 1) / window.stride());
  }

  /** The first output column whose cell lies right of the image. */
  private int endInside(int kx) {
    int last = width - 1 - kx;
    return last < 0 ? 0 : Math.min(outWidth, last / window.stride() + 1);
  }
}
