package org.diffusionnft.tensor;

import java.util.List;
import org.diffusionnft.tensor.ConvolutionKernels.Step;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.LayoutKernels.Window;
import org.jspecify.annotations.Nullable;

/** 2-D convolutions: check shapes, allocate the result and call the kernel. */
public final class Convolutions {
  private Convolutions() {}

  /** The sweep of a window over images of this size, with one group. */
  public static Sweep sweep(Window window, long height, long width) {
    return new Sweep(
        window.kernelHeight(),
        window.kernelWidth(),
        window.stride(),
        window.stride(),
        1,
        1,
        window.top(),
        window.left(),
        Math.toIntExact(window.outHeight(height)),
        Math.toIntExact(window.outWidth(width)),
        1);
  }

  /**
   * See {@link ConvolutionKernels#convolve}.
   *
   * @return {@code [N, O, OH, OW]}
   * @throws IllegalArgumentException if the shapes don't fit
   */
  public static Tensor convolve(
      Tensor x, Tensor weight, @Nullable Tensor bias, Sweep sweep, List<Step> then) {
    Device device = Operands.common(x, weight, bias);
    boolean fits =
        x.shape().rank() == 4
            && weight.shape().rank() == 4
            && sweep.groups() > 0
            && weight.dim(0) % sweep.groups() == 0
            && x.dim(1) == weight.dim(1) * sweep.groups()
            && weight.dim(2) == sweep.kernelHeight()
            && weight.dim(3) == sweep.kernelWidth();
    if (!fits) {
      throw new IllegalArgumentException(
          "convolution needs x [N, C, H, W] and weight [O, C / groups, KH, KW], not %s and %s for %s"
              .formatted(x.shape(), weight.shape(), sweep));
    }
    if (bias != null && !bias.shape().equals(Shape.of(weight.dim(0)))) {
      throw new IllegalArgumentException(
          "bias of shape " + bias.shape() + " does not fit " + weight.dim(0) + " filters");
    }
    if (Math.min(sweep.strideY(), sweep.strideX()) < 1
        || Math.min(sweep.dilationY(), sweep.dilationX()) < 1) {
      throw new IllegalArgumentException("strides and dilations are at least 1: " + sweep);
    }
    Shape shape = Shape.of(x.dim(0), weight.dim(0), sweep.outHeight(), sweep.outWidth());
    Tensor out = device.allocate(DType.arithmetic(x, weight), shape);
    if (out.elements() > 0) {
      device.convolutions().convolve(x, weight, bias, sweep, then, out);
    }
    return out;
  }
}
