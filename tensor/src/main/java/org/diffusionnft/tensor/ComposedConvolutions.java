package org.diffusionnft.tensor;

import java.util.List;
import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of a device without kernels for them, made of those that it has: windows are
 * unfolded to columns, picture by picture and group by group, and multiplied with the weights.
 * Windows that cannot be unfolded go to the reference device.
 */
public final class ComposedConvolutions implements ConvolutionKernels {
  private final Device device;
  private final ConvolutionKernels otherwise;

  /**
   * @param device whose other kernels are used
   * @param otherwise for windows with dilation, or with strides that differ
   */
  public ComposedConvolutions(Device device, ConvolutionKernels otherwise) {
    this.device = device;
    this.otherwise = otherwise;
  }

  @Override
  public void convolve(
      Tensor x, Tensor weight, @Nullable Tensor bias, Sweep s, List<Step> then, Tensor out) {
    int bottom = (s.outHeight() - 1) * s.strideY() + s.kernelHeight() - s.top();
    int right = (s.outWidth() - 1) * s.strideX() + s.kernelWidth() - s.left();
    Window window =
        new Window(
            s.kernelHeight(),
            s.kernelWidth(),
            s.strideY(),
            s.top(),
            s.left(),
            Math.max(0, bottom - x.shape().intDim(2)),
            Math.max(0, right - x.shape().intDim(3)));
    boolean unfolds =
        s.strideY() == s.strideX()
            && s.dilationY() == 1
            && s.dilationX() == 1
            && Math.min(s.top(), s.left()) >= 0
            && window.outHeight(x.dim(2)) == s.outHeight()
            && window.outWidth(x.dim(3)) == s.outWidth();
    if (!unfolds) {
      otherwise.convolve(x, weight, bias, s, then, out);
      return;
    }
    long channels = weight.dim(1);
    long filters = weight.dim(0) / s.groups();
    long area = out.dim(2) * out.dim(3);
    for (long n = 0; n < x.dim(0); n++) {
      for (long g = 0; g < s.groups(); g++) {
        try (Memory.Scope _ = device.memory().scope()) {
          long plane = n * s.groups() + g;
          Tensor seen =
              x.reshape(-1, 1, x.dim(2), x.dim(3))
                  .narrow(plane * channels, channels)
                  .reshape(1, channels, x.dim(2), x.dim(3));
          Tensor columns = Layout.im2col(seen, window).reshape(channels * s.cells(), area);
          Tensor rows = weight.reshape(weight.dim(0), -1).narrow(g * filters, filters);
          Matrices.productInto(
              rows, columns, Product.NN, out.reshape(-1, area).narrow(plane * filters, filters));
        }
      }
    }
    if (bias != null) {
      Elementwise.addInPlace(out, bias.reshape(1, bias.elements(), 1, 1));
    }
    for (Step step : then) {
      device.elementwise().unary(step.op(), step.a(), step.b(), out, out);
    }
  }
}
