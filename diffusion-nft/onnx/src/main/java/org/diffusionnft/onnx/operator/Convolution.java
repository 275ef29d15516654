package org.diffusionnft.onnx.operator;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions over any number of axes. In F32 they are products on the device: of the weights with
 * the input itself where the window is one element, else with its windows unfolded. Where every
 * channel has a filter of its own, plain loops do it.
 */
final class Convolution {
  /** How many floats are unfolded at a time. */
  private static final int UNFOLDED = 1 << 22;

  private Convolution() {}

  static List<Row> rows() {
    return List.of(
        Row.one("Conv", c -> convolve(c, c.in(0), c.in(1), c.optional(2))),
        Row.one("ConvTranspose", Convolution::transposed),
        Row.one("Col2Im", Convolution::col2im));
  }

  /** The size of the window: an attribute, or as the weights have it. */
  private static int[] kernel(Call call, NdArray weight) {
    int[] kernel = Window.spatial(weight);
    long[] given = call.integers("kernel_shape");
    call.require(
        given == null || Arrays.equals(given, Arrays.stream(kernel).asLongStream().toArray()),
        "has a kernel_shape that is not that of its weights " + weight);
    return kernel;
  }

  static NdArray convolve(Call call, NdArray x, NdArray weight, @Nullable NdArray bias) {
    call.requireRank(x, 3, Integer.MAX_VALUE);
    call.requireRank(weight, x.rank(), x.rank());
    ElementType type = call.sameType(List.of(x, weight));
    int groups = call.toInt(call.integer("group", 1), "group");
    int filters = weight.dim(0);
    int perGroup = weight.dim(1);
    call.require(
        groups > 0 && filters % groups == 0 && x.dim(1) == perGroup * groups,
        "convolves %s with weights %s in %d groups".formatted(x, weight, groups));
    call.require(
        bias == null || bias.count() == filters,
        "needs a bias for each of %d filters".formatted(filters));
    Window window = Window.of(call, x, kernel(call, weight));
    Shape to = call.shape(window.shape(x.dim(0), filters));
    if (type != ElementType.FLOAT || to.elements() == 0 || perGroup == 0) {
      return loops(x, weight, bias, window, groups, to);
    }
    if (perGroup == 1 && filters == groups && window.axes() <= 2) {
      return depthwise(x, weight, bias, window, to);
    }
    return onDevice(call, x, weight, bias, window, groups, to);
  }

  private static NdArray onDevice(
      Call call,
      NdArray x,
      NdArray weight,
      @Nullable NdArray bias,
      Window window,
      int groups,
      Shape to) {
    int batch = x.dim(0);
    int channels = x.dim(1);
    int filters = (int) to.dim(1);
    int[] size = Window.spatial(x);
    int area = Window.product(size);
    int places = Window.product(window.out());
    int depth = channels / groups * window.taps();
    Tensor weights = weight.tensor(call.device()).reshape(filters, depth);
    Tensor out = call.device().allocate(DType.F32, Shape.of((long) batch * filters, places));
    boolean pointwise = window.taps() == 1 && area == places && isPlain(window);
    int[] index = pointwise ? new int[0] : index(window, size);
    int step = Math.max(1, Math.min(places, UNFOLDED / depth));
    for (int n = 0; n < batch; n++) {
      for (int g = 0; g < groups; g++) {
        int perGroup = filters / groups;
        Tensor rows = weights.narrow((long) g * perGroup, perGroup);
        Tensor target = out.narrow((long) n * filters + (long) g * perGroup, perGroup);
        long first = (long) n * channels + (long) g * (channels / groups);
        if (pointwise) {
          Tensor input = x.tensor(call.device()).reshape((long) batch * channels, area);
          Matrices.productInto(rows, input.narrow(first, channels / groups), Product.NN, target);
        } else if (step == places) {
          Tensor columns =
              unfolded(call, x.floats(), (int) first * area, area, index, places, 0, step, depth);
          Matrices.productInto(rows, columns, Product.NN, target);
          columns.release();
        } else {
          inParts(call, x, (int) first * area, area, index, places, step, rows, target);
        }
      }
    }
    return NdArray.of(withBias(call, out, bias, batch, filters, places).reshape(to));
  }

  private static boolean isPlain(Window window) {
    return Arrays.stream(window.strides()).allMatch(s -> s == 1)
        && Arrays.stream(window.before()).allMatch(p -> p == 0);
  }

  /** Unfolds and multiplies so many places at a time. */
  private static void inParts(
      Call call,
      NdArray x,
      int start,
      int area,
      int[] index,
      int places,
      int step,
      Tensor rows,
      Tensor target) {
    int depth = (int) rows.dim(1);
    int filters = (int) rows.dim(0);
    float[] whole = new float[filters * places];
    for (int from = 0; from < places; from += step) {
      int count = Math.min(step, places - from);
      Tensor columns = unfolded(call, x.floats(), start, area, index, places, from, count, depth);
      Tensor part = Matrices.matmul(rows, columns);
      columns.release();
      float[] made = part.toFloats();
      part.release();
      for (int f = 0; f < filters; f++) {
        System.arraycopy(made, f * count, whole, f * places + from, count);
      }
    }
    call.device().write(MemorySegment.ofArray(whole), target);
  }

  private static Tensor withBias(
      Call call, Tensor out, @Nullable NdArray bias, int batch, int filters, int places) {
    if (bias == null) {
      return out;
    }
    Tensor added = bias.tensor(call.device()).reshape(1, filters, 1);
    Tensor sum = out.reshape(batch, filters, places);
    Elementwise.addInPlace(sum, added);
    return out;
  }

  /** Where each tap of each place lies in a channel, taps outermost; -1 outside. */
  private static int[] index(Window window, int[] size) {
    int taps = window.taps();
    int places = Window.product(window.out());
    int[] index = new int[Math.multiplyExact(taps, places)];
    int[] position = new int[window.axes()];
    int[] at = new int[taps];
    for (int p = 0; p < places; p++) {
      window.places(size, position, at);
      for (int t = 0; t < taps; t++) {
        index[t * places + p] = at[t];
      }
      Window.next(position, window.out());
    }
    return index;
  }

  /** {@code [channels * taps, count]}. */
  private static Tensor unfolded(
      Call call,
      float[] x,
      int start,
      int area,
      int[] index,
      int places,
      int from,
      int count,
      int depth) {
    int taps = index.length / places;
    float[] columns = new float[depth * count];
    IntStream.range(0, depth)
        .parallel()
        .forEach(
            row -> {
              int base = start + row / taps * area;
              int source = row % taps * places + from;
              int to = row * count;
              for (int i = 0; i < count; i++) {
                int at = index[source + i];
                columns[to + i] = at < 0 ? 0 : x[base + at];
              }
            });
    Tensor made = call.device().allocate(DType.F32, Shape.of(depth, count));
    call.device().write(MemorySegment.ofArray(columns), made);
    return made;
  }

  private static NdArray depthwise(
      NdArray x, NdArray weight, @Nullable NdArray bias, Window window, Shape to) {
    boolean flat = window.axes() == 1;
    int height = flat ? 1 : x.dim(2);
    int width = x.dim(-1);
    int outHeight = flat ? 1 : window.out()[0];
    int outWidth = window.out()[flat ? 0 : 1];
    float[] in = x.floats();
    float[] w = weight.floats();
    float[] b = bias == null ? null : bias.floats();
    float[] out = new float[(int) to.elements()];
    int channels = x.dim(1);
    IntStream.range(0, x.dim(0) * channels)
        .parallel()
        .forEach(
            plane -> {
              int c = plane % channels;
              int start = plane * outHeight * outWidth;
              if (b != null) {
                Arrays.fill(out, start, start + outHeight * outWidth, b[c]);
              }
              plane(
                  window,
                  flat,
                  in,
                  plane * height * width,
                  height,
                  width,
                  w,
                  c * window.taps(),
                  out,
                  start,
                  outHeight,
                  outWidth);
            });
    return NdArray.floats(to, out);
  }

  private static void plane(
      Window window,
      boolean flat,
      float[] in,
      int inStart,
      int height,
      int width,
      float[] w,
      int wStart,
      float[] out,
      int outStart,
      int outHeight,
      int outWidth) {
    int kernelHeight = flat ? 1 : window.kernel()[0];
    int kernelWidth = window.kernel()[flat ? 0 : 1];
    int strideY = flat ? 1 : window.strides()[0];
    int strideX = window.strides()[flat ? 0 : 1];
    int dilationY = flat ? 1 : window.dilations()[0];
    int dilationX = window.dilations()[flat ? 0 : 1];
    int top = flat ? 0 : window.before()[0];
    int left = window.before()[flat ? 0 : 1];
    for (int oy = 0; oy < outHeight; oy++) {
      int row = outStart + oy * outWidth;
      for (int ky = 0; ky < kernelHeight; ky++) {
        int iy = oy * strideY - top + ky * dilationY;
        if (iy < 0 || iy >= height) {
          continue;
        }
        for (int kx = 0; kx < kernelWidth; kx++) {
          int shift = kx * dilationX - left;
          int first = Math.max(0, Math.ceilDiv(-shift, strideX));
          int last = Math.min(outWidth - 1, Math.floorDiv(width - 1 - shift, strideX));
          float factor = w[wStart + ky * kernelWidth + kx];
          addRow(in, inStart + iy * width + shift, strideX, factor, out, row, first, last);
        }
      }
    }
  }

  private static void addRow(
      float[] in, int from, int stride, float factor, float[] out, int row, int first, int last) {
    if (stride == 1) {
      for (int ox = first; ox <= last; ox++) {
        out[row + ox] += factor * in[from + ox];
      }
    } else {
      for (int ox = first; ox <= last; ox++) {
        out[row + ox] += factor * in[from + ox * stride];
      }
    }
  }

  private static NdArray loops(
      NdArray x, NdArray weight, @Nullable NdArray bias, Window window, int groups, Shape to) {
    double[] in = x.toDoubles();
    double[] w = weight.toDoubles();
    double[] b = bias == null ? new double[(int) to.dim(1)] : bias.toDoubles();
    double[] out = new double[(int) to.elements()];
    int filters = (int) to.dim(1);
    int perGroup = weight.dim(1);
    int[] size = Window.spatial(x);
    int area = Window.product(size);
    int places = Window.product(window.out());
    int taps = window.taps();
    int[] at = new int[taps];
    for (int n = 0; n < x.dim(0); n++) {
      int[] position = new int[window.axes()];
      for (int p = 0; p < places; p++) {
        window.places(size, position, at);
        for (int f = 0; f < filters; f++) {
          double sum = b[f];
          int first = f / (filters / groups) * perGroup;
          for (int c = 0; c < perGroup; c++) {
            int base = (n * x.dim(1) + first + c) * area;
            for (int t = 0; t < taps; t++) {
              sum += at[t] < 0 ? 0 : in[base + at[t]] * w[(f * perGroup + c) * taps + t];
            }
          }
          out[(n * filters + f) * places + p] = sum;
        }
        Window.next(position, window.out());
      }
    }
    return NdArray.ofDoubles(x.type(), to, out);
  }

  private static NdArray transposed(Call call) {
    NdArray x = call.in(0);
    NdArray weight = call.in(1);
    NdArray bias = call.optional(2);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    call.requireRank(weight, x.rank(), x.rank());
    ElementType type = call.sameType(List.of(x, weight));
    int[] kernel = kernel(call, weight);
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
    return spread(call, x, weight, bias, window, groups, size, to, type);
  }

  /** Every input adds its window, weighted, to the output. */
  private static NdArray spread(
      Call call,
      NdArray x,
      NdArray weight,
      @Nullable NdArray bias,
      Window window,
      int groups,
      int[] size,
      Shape to,
      ElementType type) {
    int channels = x.dim(1) / groups;
    int filters = weight.dim(1);
    int taps = window.taps();
    int places = Window.product(window.out());
    int area = Window.product(size);
    int[] index = index(window, size);
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

  private static NdArray col2im(Call call) {
    NdArray x = call.in(0);
    call.requireRank(x, 3, 3);
    call.requireFloating(x);
    long[] image = call.longs(1);
    long[] block = call.longs(2);
    int axes = image.length;
    call.require(block.length == axes && axes > 0, "needs a block of as many axes as its image");
    int[] kernel = Arrays.stream(block).mapToInt(b -> call.toInt(b, "a block of")).toArray();
    call.require(Arrays.stream(kernel).allMatch(k -> k > 0), "needs a block of at least 1");
    long[] dims = new long[axes + 2];
    dims[0] = x.dim(0);
    int taps = Window.product(kernel);
    call.require(x.dim(1) % taps == 0, "folds %s in blocks of %d".formatted(x, taps));
    dims[1] = x.dim(1) / taps;
    System.arraycopy(image, 0, dims, 2, axes);
    Shape to = call.shape(dims);
    Window window = Window.of(call, NdArray.zeros(ElementType.BOOL, to), kernel);
    int[] size = Arrays.stream(image).mapToInt(i -> (int) i).toArray();
    int places = Window.product(window.out());
    call.require(x.dim(2) == places, "folds %s in %d blocks".formatted(x, places));
    int[] index = index(window, size);
    int area = Strided.product(to, 2, to.rank());
    double[] in = x.toDoubles();
    double[] out = new double[(int) to.elements()];
    for (int i = 0; i < in.length; i++) {
      int at = index[i % (taps * places)];
      if (at >= 0) {
        out[i / (taps * places) * area + at] += in[i];
      }
    }
    return NdArray.ofDoubles(x.type(), to, out);
  }
}
