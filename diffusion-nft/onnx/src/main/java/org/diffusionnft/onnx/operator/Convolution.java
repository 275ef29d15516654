package org.diffusionnft.onnx.operator;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.ConvolutionKernels.Step;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.Convolutions;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions over any number of axes. For F32, one and two axes use the device's convolution;
 * more use products with unfolded windows (im2col). Other types use plain loops.
 */
final class Convolution {
  /** The maximum number of floats that are unfolded at a time. */
  private static final int UNFOLDED = 1 << 22;

  private Convolution() {}

  static List<Row> rows() {
    return List.of(row(List.of()), Row.one("Col2Im", Convolution::col2im));
  }

  /** The operator, with fused steps after it. */
  static Row row(List<Step> then) {
    return Row.one("Conv", c -> convolve(c, c.in(0), c.in(1), c.optional(2), then));
  }

  /** The kernel size, from an attribute or from the weights. */
  static int[] kernel(Call call, NdArray weight) {
    int[] kernel = Window.spatial(weight);
    long[] given = call.integers("kernel_shape");
    call.require(
        given == null || Arrays.equals(given, Arrays.stream(kernel).asLongStream().toArray()),
        "has a kernel_shape that is not that of its weights " + weight);
    return kernel;
  }

  static NdArray convolve(Call call, NdArray x, NdArray weight, @Nullable NdArray bias) {
    return convolve(call, x, weight, bias, List.of());
  }

  private static NdArray convolve(
      Call call, NdArray x, NdArray weight, @Nullable NdArray bias, List<Step> then) {
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
    Filters by = new Filters(weight, bias, window, groups);
    if (type != ElementType.FLOAT || to.elements() == 0 || perGroup == 0) {
      return loops(x, by, to);
    }
    if (window.axes() <= 2) {
      return overPictures(call, x, by, then, to);
    }
    return followed(call, onDevice(call, x, by, to), then);
  }

  /** Applies the fused steps to a result, if no kernel has done so. */
  static NdArray followed(Call call, NdArray result, List<Step> then) {
    NdArray made = result;
    for (Step step : then) {
      Tensor out = made.tensor(call.device());
      made = NdArray.of(Elementwise.unary(step.op(), step.a(), step.b(), out));
    }
    return made;
  }

  /** One-dimensional data is treated as pictures of one row. */
  private static NdArray overPictures(Call call, NdArray x, Filters by, List<Step> then, Shape to) {
    Window window = by.window();
    NdArray bias = by.bias();
    boolean line = window.axes() == 1;
    int last = window.axes() - 1;
    Sweep sweep =
        new Sweep(
            line ? 1 : window.kernel()[0],
            window.kernel()[last],
            line ? 1 : window.strides()[0],
            window.strides()[last],
            line ? 1 : window.dilations()[0],
            window.dilations()[last],
            line ? 0 : window.before()[0],
            window.before()[last],
            line ? 1 : window.out()[0],
            window.out()[last],
            by.groups());
    Tensor made =
        Convolutions.convolve(
            picture(call, x, line),
            picture(call, by.weight(), line),
            bias == null ? null : bias.tensor(call.device()).reshape(bias.count()),
            sweep,
            then);
    return NdArray.of(made.reshape(to));
  }

  private static Tensor picture(Call call, NdArray x, boolean line) {
    Tensor tensor = x.tensor(call.device());
    return line ? tensor.reshape(x.dim(0), x.dim(1), 1, x.dim(2)) : tensor;
  }

  private static NdArray onDevice(Call call, NdArray x, Filters by, Shape to) {
    Window window = by.window();
    int groups = by.groups();
    int batch = x.dim(0);
    int channels = x.dim(1);
    int filters = (int) to.dim(1);
    int[] size = Window.spatial(x);
    int area = Window.product(size);
    int places = Window.product(window.out());
    int depth = channels / groups * window.taps();
    Tensor weights = by.weight().tensor(call.device()).reshape(filters, depth);
    Tensor out = call.device().allocate(DType.F32, Shape.of((long) batch * filters, places));
    int[] index = index(window, size);
    int step = Math.max(1, Math.min(places, UNFOLDED / depth));
    for (int n = 0; n < batch; n++) {
      for (int g = 0; g < groups; g++) {
        int perGroup = filters / groups;
        Tensor rows = weights.narrow((long) g * perGroup, perGroup);
        Tensor target = out.narrow((long) n * filters + (long) g * perGroup, perGroup);
        long first = (long) n * channels + (long) g * (channels / groups);
        if (step == places) {
          Tensor columns =
              unfolded(call, x.floats(), (int) first * area, area, index, places, 0, step, depth);
          Matrices.productInto(rows, columns, Product.NN, target);
          columns.release();
        } else {
          inParts(call, x, (int) first * area, area, index, places, step, rows, target);
        }
      }
    }
    return NdArray.of(withBias(call, out, by.bias(), batch, filters, places).reshape(to));
  }

  /** Unfolds and multiplies a limited number of positions at a time. */
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

  /** The index in a channel of each tap at each position, taps outermost; -1 outside. */
  static int[] index(Window window, int[] size) {
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

  private static NdArray loops(NdArray x, Filters by, Shape to) {
    Window window = by.window();
    NdArray bias = by.bias();
    double[] in = x.toDoubles();
    double[] w = by.weight().toDoubles();
    double[] b = bias == null ? new double[(int) to.dim(1)] : bias.toDoubles();
    double[] out = new double[(int) to.elements()];
    int filters = (int) to.dim(1);
    int perGroup = by.weight().dim(1);
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
          int first = f / (filters / by.groups()) * perGroup;
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
