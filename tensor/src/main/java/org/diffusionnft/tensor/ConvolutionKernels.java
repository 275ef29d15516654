package org.diffusionnft.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Convolutions of pictures. */
public interface ConvolutionKernels {
  /**
   * How windows lie over a picture. What they see outside of it is zero.
   *
   * @param kernelHeight rows of a window
   * @param kernelWidth columns of a window
   * @param strideY rows from one window to the next
   * @param strideX columns from one window to the next
   * @param dilationY rows from one row of a window to its next
   * @param dilationX columns from one column of a window to its next
   * @param top how far above the picture the first window begins; below its edge if negative
   * @param left how far left of the picture the first window begins; inside it if negative
   * @param outHeight rows of windows
   * @param outWidth columns of windows
   * @param groups channels and filters are cut in so many groups, and filters see their own alone
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

    /** Whether windows are the picture's pixels, {@code height} by {@code width} of them. */
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
   * A function of what was computed.
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
