package org.diffusionnft.tensor;

import java.util.List;
import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions for a device without convolution kernels, composed of its other kernels: windows are
 * unfolded to columns, image by image, group by group and in bands of rows, and multiplied by the
 * weights. Windows that cannot be unfolded go to the reference device.
 */
public final class ComposedConvolutions implements ConvolutionKernels {
  private final Device device;
  private final ConvolutionKernels otherwise;
  private final long bandElements;

  /**
   * Uses bands of {@link WindowBand#ELEMENTS} elements.
   *
   * @param device provides the other kernels
   * @param otherwise for windows that cannot be unfolded, such as those with dilation or unequal
   *     strides
   */
  public ComposedConvolutions(Device device, ConvolutionKernels otherwise) {
    this(device, otherwise, WindowBand.ELEMENTS);
  }

  ComposedConvolutions(Device device, ConvolutionKernels otherwise, long bandElements) {
    this.device = device;
    this.otherwise = otherwise;
    this.bandElements = bandElements;
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
    List<WindowBand> bands = WindowBand.of(window, x.dim(2), x.dim(3), channels, bandElements);
    for (long plane = 0; plane < x.dim(0) * s.groups(); plane++) {
      Tensor seen = planes(x, plane, channels);
      Tensor rows = weight.reshape(weight.dim(0), -1).narrow(plane % s.groups() * filters, filters);
      Tensor picture = planes(out, plane, filters);
      for (WindowBand band : bands) {
        try (Memory.Scope _ = device.memory().scope()) {
          multiply(rows, band.columns(seen), band, picture);
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

  private static void multiply(Tensor rows, Tensor columns, WindowBand band, Tensor picture) {
    long filters = picture.dim(1);
    if (band.outRows() == picture.dim(2)) {
      Matrices.productInto(rows, columns, Product.NN, picture.reshape(filters, -1));
    } else {
      Tensor part = Matrices.matmul(rows, columns, null, Product.NN);
      WindowBand.place(
          part.reshape(1, filters, band.outRows(), picture.dim(3)), band.outStart(), picture);
    }
  }

  /** Some channels of one image, {@code [1, count, H, W]}, as a view. */
  private static Tensor planes(Tensor x, long group, long count) {
    return x.reshape(-1, 1, x.dim(2), x.dim(3))
        .narrow(group * count, count)
        .reshape(1, count, x.dim(2), x.dim(3));
  }
}
