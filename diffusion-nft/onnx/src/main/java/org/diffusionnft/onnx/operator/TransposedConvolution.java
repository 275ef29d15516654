package org.diffusionnft.onnx.operator;

import java.util.List;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.tensor.ConvolutionKernels.Step;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.Convolutions;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;

/** The transpose of a convolution: every input adds its window, weighted, to the output. */
final class TransposedConvolution {
  private TransposedConvolution() {}

  static List<Row> rows() {
    return List.of(row(List.of()));
  }

  /** The operator, with fused steps after it. */
  static Row row(List<Step> then) {
    return Row.one("ConvTranspose", c -> transposed(c, then));
  }

  private static NdArray transposed(Call call, List<Step> then) {
    NdArray x = call.in(0);
    NdArray weight = call.in(1);
    NdArray bias = call.optional(2);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    call.requireRank(weight, x.rank(), x.rank());
    ElementType type = call.sameType(List.of(x, weight));
    int[] kernel = Convolution.kernel(call, weight);
    int axes = kernel.length;
    int groups = call.toInt(call.integer("group", 1), "group");
    int channels = x.dim(1);
    int perGroup = weight.dim(1);
    call.require(
        groups > 0 && channels == weight.dim(0) && channels % groups == 0,
        "convolves %s with weights %s in %d groups".formatted(x, weight, groups));
    int filters = Math.multiplyExact(perGroup, groups);
    call.require(
        bias == null || bias.count() == filters,
        "needs a bias for each of %d filters".formatted(filters));
    int[] strides = call.ints("strides", axes, 1);
    int[] dilations = call.ints("dilations", axes, 1);
    int[] pads = call.ints("pads", 2 * axes, 0);
    int[] extra = call.ints("output_padding", axes, 0);
    long[] wanted = call.integers("output_shape");
    String auto = call.choice("auto_pad", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");
    int[] before = new int[axes];
    int[] size = new int[axes];
    for (int i = 0; i < axes; i++) {
      call.require(strides[i] > 0 && dilations[i] > 0, "needs strides and dilations of at least 1");
      long full =
          (long) strides[i] * (x.dim(i + 2) - 1) + extra[i] + (kernel[i] - 1L) * dilations[i] + 1;
      long out;
      if (wanted != null) {
        call.require(wanted.length >= axes, "needs an output_shape for each axis");
        out = wanted[wanted.length - axes + i];
      } else if (auto.startsWith("SAME")) {
        out = (long) x.dim(i + 2) * strides[i];
      } else {
        boolean none = auto.equals("VALID");
        out = full - (none ? 0 : (long) pads[i] + pads[axes + i]);
      }
      size[i] = call.toInt(out, "an output of size");
      long missing = Math.max(0, full - out);
      if (wanted != null || auto.startsWith("SAME")) {
        before[i] = (int) (auto.equals("SAME_UPPER") ? missing / 2 : missing - missing / 2);
        if (auto.equals("NOTSET")) {
          before[i] = (int) (missing / 2);
        }
      } else {
        before[i] = auto.equals("VALID") ? 0 : pads[i];
      }
    }
    Window window = new Window(kernel, strides, dilations, before, before, Window.spatial(x));
    long[] dims = new long[axes + 2];
    dims[0] = x.dim(0);
    dims[1] = filters;
    for (int i = 0; i < axes; i++) {
      dims[i + 2] = size[i];
    }
    Shape to = call.shape(dims);
    Filters by = new Filters(weight, bias, window, groups);
    boolean floats = type == ElementType.FLOAT && to.elements() > 0 && x.count() > 0;
    if (floats && groups == 1 && isTiling(window, size)) {
      return tiled(call, x, by, then, to);
    }
    NdArray made = spread(call, x, by, size, to, type);
    return to.elements() == 0 ? made : Convolution.followed(call, made, then);
  }

  /** Whether windows over a picture tile the output. */
  private static boolean isTiling(Window window, int[] size) {
    boolean tiling = window.axes() == 2;
    for (int i = 0; tiling && i < 2; i++) {
      tiling =
          window.strides()[i] == window.kernel()[i]
              && (window.dilations()[i] == 1 || window.kernel()[i] == 1)
              && window.before()[i] == 0
              && size[i] == window.out()[i] * window.kernel()[i];
    }
    return tiling;
  }

  /**
   * Each input alone determines a tile of the output: a 1x1 convolution with a filter for each
   * position in the tile, whose results are then arranged in tiles.
   */
  private static NdArray tiled(Call call, NdArray x, Filters by, List<Step> then, Shape to) {
    Device device = call.device();
    NdArray weight = by.weight();
    NdArray bias = by.bias();
    Window window = by.window();
    int taps = window.taps();
    int filters = weight.dim(1);
    int batch = x.dim(0);
    Tensor rows =
        Layout.permute(weight.tensor(device), 1, 2, 3, 0)
            .reshape((long) filters * taps, x.dim(1), 1, 1);
    Tensor biases =
        bias == null
            ? null
            : Layout.expand(bias.tensor(device).reshape(filters, 1), Shape.of(filters, taps))
                .reshape((long) filters * taps);
    int height = x.dim(2);
    int width = x.dim(3);
    Sweep sweep = new Sweep(1, 1, 1, 1, 1, 1, 0, 0, height, width, 1);
    Tensor made = Convolutions.convolve(x.tensor(device), rows, biases, sweep, then);
    Tensor apart =
        made.reshape((long) batch * filters, window.kernel()[0], window.kernel()[1], height, width);
    Tensor out = Layout.permute(apart, 0, 3, 1, 4, 2).reshape(to);
    made.release();
    return NdArray.of(out);
  }

  /** Every input adds its window, weighted, to the output. */
  private static NdArray spread(
      Call call, NdArray x, Filters by, int[] size, Shape to, ElementType type) {
    NdArray weight = by.weight();
    NdArray bias = by.bias();
    Window window = by.window();
    int groups = by.groups();
    int channels = x.dim(1) / groups;
    int filters = weight.dim(1);
    int taps = window.taps();
    int places = Window.product(window.out());
    int area = Window.product(size);
    int[] index = Convolution.index(window, size);
    double[] b = bias == null ? new double[filters * groups] : bias.toDoubles();
    double[] out = new double[(int) to.elements()];
    for (int i = 0; i < out.length; i++) {
      out[i] = b[i / area % b.length];
    }
    boolean device = type == ElementType.FLOAT && places > 0 && channels > 0 && filters > 0;
    double[] in = device ? new double[0] : x.toDoubles();
    double[] w = device ? new double[0] : weight.toDoubles();
    for (int n = 0; n < x.dim(0); n++) {
      for (int g = 0; g < groups; g++) {
        int start = (n * groups + g) * filters * area;
        int row = (n * groups + g) * channels;
        if (device) {
          Tensor input = x.tensor(call.device()).reshape(-1, places).narrow(row, channels);
          Tensor rows =
              weight
                  .tensor(call.device())
                  .reshape(-1, (long) filters * taps)
                  .narrow((long) g * channels, channels);
          Tensor product = Matrices.matmul(rows, input, null, Product.TN);
          float[] made = product.toFloats();
          product.release();
          for (int i = 0; i < made.length; i++) {
            int at = index[i / places % taps * places + i % places];
            if (at >= 0) {
              out[start + i / places / taps * area + at] += made[i];
            }
          }
        } else {
          for (int f = 0; f < filters; f++) {
            for (int i = 0; i < taps * places; i++) {
              if (index[i] >= 0) {
                double sum = 0;
                for (int c = 0; c < channels; c++) {
                  sum +=
                      in[(row + c) * places + i % places]
                          * w[((g * channels + c) * filters + f) * taps + i / places];
                }
                out[start + f * area + index[i]] += sum;
              }
            }
          }
        }
      }
    }
    return NdArray.ofDoubles(type, to, out);
  }
}
