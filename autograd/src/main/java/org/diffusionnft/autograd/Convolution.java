package org.diffusionnft.autograd;

import java.util.List;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.Convolutions;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.WindowBand;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of x {@code [N, C, H, W]} with weight {@code [O, C, KH, KW]} and perhaps bias {@code
 * [O]}. The device has a kernel for it in F32. With rounded operands, and in the backward pass, it
 * runs as matrix products over unfolded windows, image by image and in bands of rows, so that the
 * unfolded columns (nine times the image for a 3x3 kernel) are never all in memory.
 *
 * @param bandElements maximum number of elements unfolded at a time; at least one row of output is
 * @param precision the precision of the products
 */
record Convolution(Window window, long bandElements, Precision precision) implements Operation {
  @Override
  public Result forward(Tensor... in) {
    return new Result(convolve(in[0], in[1], in.length > 2 ? in[2] : null));
  }

  @Override
  public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
    to.give(0, () -> gradX(in[0].shape(), in[1], g));
    to.give(1, () -> gradWeight(in[0], in[1].shape(), g));
    to.give(2, () -> Reductions.sum(g, 0, 2, 3));
  }

  @Override
  public Reads reads() {
    return Reads.OTHER_FACTOR;
  }

  private Tensor convolve(Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (precision == Precision.F32) {
      outShape(x.shape(), weight.shape());
      Sweep sweep = Convolutions.sweep(window, x.dim(2), x.dim(3));
      return Convolutions.convolve(x, weight, bias, sweep, List.of());
    }
    return inBands(x, weight, bias);
  }

  private Tensor inBands(Tensor x, Tensor weight, @Nullable Tensor bias) {
    Shape shape = outShape(x.shape(), weight.shape());
    Device device = x.device();
    Tensor kernel = weight.reshape(weight.dim(0), -1);
    Tensor out = device.allocate(DType.arithmetic(x, weight), shape);
    eachBand(
        x.shape(),
        weight.shape(),
        (n, band) -> {
          Tensor columns = band.columns(image(x, n));
          Tensor image = image(out, n);
          if (band.outRows() == shape.dim(2)) {
            Matrices.productInto(
                kernel, columns, Product.NN.in(precision), image.reshape(shape.dim(1), -1));
          } else {
            Tensor part = Matrices.matmul(kernel, columns, null, Product.NN.in(precision));
            long[] dims = {1, shape.dim(1), band.outRows(), shape.dim(3)};
            WindowBand.place(part.reshape(dims), band.outStart(), image);
          }
        },
        device);
    if (bias != null) {
      Elementwise.addInPlace(out, bias.reshape(1, bias.elements(), 1, 1));
    }
    return out;
  }

  /** Gradient of the input of shape {@code shape}. */
  private Tensor gradX(Shape shape, Tensor weight, Tensor g) {
    Device device = g.device();
    Tensor kernel = weight.reshape(weight.dim(0), -1);
    Tensor gradX = Tensor.zeros(device, DType.arithmetic(g, weight), shape);
    eachBand(
        shape,
        weight.shape(),
        (n, band) -> {
          Tensor columns =
              Matrices.matmul(kernel, gradRows(g, n, band), null, Product.TN.in(precision));
          Shape part = Shape.of(1, shape.dim(1), band.rows(), shape.dim(3));
          Tensor seen = Layout.col2im(columns.reshape(1, columns.dim(0), -1), band.window(), part);
          Tensor image = image(gradX, n);
          if (band.rows() == shape.dim(2)) {
            Elementwise.addInPlace(image, seen);
          } else {
            long end = band.start() + band.rows();
            Tensor sum = Layout.slice(image, 2, band.start(), end, 1);
            Elementwise.addInPlace(sum, seen); // neighbouring bands overlap
            WindowBand.place(sum, band.start(), image);
          }
        },
        device);
    return gradX;
  }

  /** Gradient of the weight of shape {@code shape}. */
  private Tensor gradWeight(Tensor x, Shape shape, Tensor g) {
    Tensor gradWeight = Tensor.zeros(x.device(), DType.arithmetic(x, g), shape);
    Tensor sum = gradWeight.reshape(shape.dim(0), -1);
    eachBand(
        x.shape(),
        shape,
        (n, band) ->
            Matrices.addProduct(
                gradRows(g, n, band), band.columns(image(x, n)), Product.NT.in(precision), sum),
        x.device());
    return gradWeight;
  }

  private interface BandWork {
    void run(long image, WindowBand band);
  }

  private void eachBand(Shape x, Shape weight, BandWork work, Device device) {
    outShape(x, weight);
    List<WindowBand> bands = WindowBand.of(window, x.dim(2), x.dim(3), weight.dim(1), bandElements);
    for (long n = 0; n < x.dim(0); n++) {
      for (WindowBand band : bands) {
        try (Memory.Scope _ = device.memory().scope()) {
          work.run(n, band);
        }
      }
    }
  }

  /** The gradient of a band of output, {@code [O, rows*OW]}. */
  private static Tensor gradRows(Tensor g, long n, WindowBand band) {
    Tensor image = image(g, n);
    Tensor part =
        band.outRows() == g.dim(2)
            ? image
            : Layout.slice(image, 2, band.outStart(), band.outStart() + band.outRows(), 1);
    return part.reshape(g.dim(1), -1);
  }

  private static Tensor image(Tensor x, long n) {
    return x.narrow(n, 1);
  }

  private Shape outShape(Shape x, Shape weight) {
    if (x.rank() != 4
        || weight.rank() != 4
        || x.dim(1) != weight.dim(1)
        || weight.dim(2) != window.kernelHeight()
        || weight.dim(3) != window.kernelWidth()) {
      throw new IllegalArgumentException(
          "convolution needs x [N, C, H, W] and weight [O, C, KH, KW], not "
              + x
              + " and "
              + weight);
    }
    return Shape.of(x.dim(0), weight.dim(0), window.outHeight(x.dim(2)), window.outWidth(x.dim(3)));
  }
}
