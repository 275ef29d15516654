package org.diffusionnft.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** 2-D convolutions. */
public interface ConvolutionKernels {
  /**
   * The geometry of the windows over an image. Outside the image they read zeros.
   *
   * @param kernelHeight rows of a window
   * @param kernelWidth columns of a window
   * @param strideY rows between successive windows
   * @param strideX columns between successive windows
   * @param dilationY rows between successive rows of a window
   * @param dilationX columns between successive columns of a window
   * @param top how far above the image the first window begins; inside it if negative
   * @param left how far left of the image the first window begins; inside it if negative
   * @param outHeight rows of windows
   * @param outWidth columns of windows
   * @param groups number of groups that channels and filters are split into; a filter sees only its
   *     own group
   */
  record Sweep(
      int kernelHeight,
      int kernelWidth,
      int strideY,
      int strideX,
      int dilationY,
      int dilationX,
      int top,
      int left,
      int outHeight,
      int outWidth,
      int groups) {
    /** Cells of a window. */
    public int cells() {
      return kernelHeight * kernelWidth;
    }

    /** Whether each window is one pixel of an image of {@code height} by {@code width}. */
    public boolean isPointwise(long height, long width) {
      return cells() == 1
          && strideY == 1
          && strideX == 1
          && top == 0
          && left == 0
          && outHeight == height
          && outWidth == width;
    }
  }

  /**
   * A function applied to the results.
   *
   * @param a first parameter, as {@link UnaryOp} names it
   * @param b second parameter
   */
  record Step(UnaryOp op, double a, double b) {}

  /**
   * Every filter at every window: {@code out[n, o, y, x]} is the sum of {@code weight[o, c, ky, kx]
   * * x[n, c', y', x']} over the channels of the filter's group and the cells of the window, plus
   * {@code bias[o]}, with the steps applied in order.
   *
   * @param x {@code [N, C, H, W]}
   * @param weight {@code [O, C / groups, KH, KW]}; F32, BF16 or F16
   * @param bias {@code [O]} or null; F32, BF16 or F16
   * @param then applied last, one after the other
   * @param out {@code [N, O, OH, OW]}
   */
  void convolve(
      Tensor x, Tensor weight, @Nullable Tensor bias, Sweep sweep, List<Step> then, Tensor out);
}
