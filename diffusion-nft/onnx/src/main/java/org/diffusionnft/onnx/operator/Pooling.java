package org.diffusionnft.onnx.operator;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.Convolutions;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;

/** Pooling: one number per window position. */
final class Pooling {
  private Pooling() {}

  static List<Row> rows() {
    return List.of(
        Row.of("MaxPool", Pooling::max),
        Row.one("AveragePool", Pooling::average),
        Row.one("LpPool", Pooling::lp),
        Row.one("GlobalAveragePool", Pooling::globalMean),
        Row.one("GlobalMaxPool", c -> global(c, v -> Arrays.stream(v).max().orElse(0))),
        Row.one("MaxUnpool", Pooling::unpool));
  }

  private static int[] kernel(Call call) {
    long[] given = call.required("kernel_shape", Integer.MAX_VALUE);
    call.require(given.length > 0, "needs a kernel_shape");
    return Arrays.stream(given).mapToInt(k -> call.toInt(k, "a kernel of")).toArray();
  }

  private interface Each {
    void at(int output, int input, int[] places);
  }

  /**
   * Visits every window of every channel, with the result's index, the channel's first element, and
   * the taps inside the channel. A window may be far larger than the channel, so only those are
   * visited.
   */
  private static void windows(NdArray x, Window window, Each each) {
    int[] size = Window.spatial(x);
    int area = Window.product(size);
    int out = Window.product(window.out());
    int channels = x.dim(0) * x.dim(1);
    int rows = window.out()[0];
    IntStream.range(0, rows)
        .parallel()
        .forEach(
            row -> {
              int[] position = new int[window.axes()];
              position[0] = row;
              for (int p = row * (out / rows); p < (row + 1) * (out / rows); p++) {
                int[] places = window.inside(size, position);
                for (int c = 0; c < channels; c++) {
                  each.at(c * out + p, c * area, places);
                }
                Window.next(position, window.out());
              }
            });
  }

  private static List<Value> max(Call call) {
    NdArray x = call.in(0);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    Window window = Window.of(call, x, kernel(call));
    Shape to = call.shape(window.shape(x.dim(0), x.dim(1)));
    boolean columns = call.flag("storage_order", false);
    int[] size = Window.spatial(x);
    int[] index = new int[(int) to.elements()];
    boolean floats = x.type().kind() == ElementType.Kind.FLOATS;
    float[] narrow = floats ? x.floats() : new float[0];
    double[] values = floats ? new double[0] : x.toDoubles();
    if (index.length > 0) {
      windows(
          x,
          window,
          (o, base, places) -> {
            int best = -1;
            for (int place : places) {
              int at = base + place;
              boolean more =
                  best < 0 || (floats ? narrow[at] > narrow[best] : values[at] > values[best]);
              best = more ? at : best;
            }
            index[o] = best;
          });
    }
    NdArray best = x.take(to, index);
    if (!call.wants(1)) {
      return List.of(best);
    }
    long[] flat = new long[index.length];
    int area = Window.product(size);
    for (int i = 0; i < flat.length; i++) {
      int within = index[i] % area;
      flat[i] = index[i];
      if (columns) {
        int place = 0;
        int stride = 1;
        int rest = within;
        int[] at = new int[size.length];
        for (int a = size.length - 1; a >= 0; a--) {
          at[a] = rest % size[a];
          rest /= size[a];
        }
        for (int a = 0; a < size.length; a++) {
          place += at[a] * stride;
          stride *= size[a];
        }
        flat[i] = (long) index[i] - within + place;
      }
    }
    return List.of(best, NdArray.of(ElementType.INT64, to, flat));
  }

  private static NdArray average(Call call) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    Window window = Window.of(call, x, kernel(call));
    Shape to = call.shape(window.shape(x.dim(0), x.dim(1)));
    boolean pads = call.flag("count_include_pad", false);
    if (x.type() == ElementType.FLOAT
        && x.isOnDevice()
        && to.elements() > 0
        && isInside(x, window)) {
      return averageOnDevice(call, x, window).reshape(to);
    }
    double[] values = x.toDoubles();
    double[] out = new double[(int) to.elements()];
    double[] counts = pads ? padded(x, window) : new double[0];
    int places = Window.product(window.out());
    if (out.length > 0) {
      windows(
          x,
          window,
          (o, base, taps) -> {
            double sum = 0;
            for (int tap : taps) {
              sum += values[base + tap];
            }
            out[o] = sum / (pads ? counts[o % places] : taps.length);
          });
    }
    return NdArray.ofDoubles(x.type(), to, out);
  }

  /** Whether no window of a picture extends beyond it. */
  private static boolean isInside(NdArray x, Window window) {
    boolean inside = window.axes() == 2;
    for (int i = 0; inside && i < 2; i++) {
      int reach = (window.kernel()[i] - 1) * window.dilations()[i] + 1;
      int end = (window.out()[i] - 1) * window.strides()[i] + reach;
      inside = window.before()[i] == 0 && end <= x.dim(i + 2);
    }
    return inside;
  }

  /** A convolution with equal weights. */
  private static NdArray averageOnDevice(Call call, NdArray x, Window window) {
    int[] kernel = window.kernel();
    Shape shape = Shape.of(x.dim(1), 1, kernel[0], kernel[1]);
    Tensor weight = Tensor.full(call.device(), DType.F32, shape, 1.0 / window.taps());
    Sweep sweep =
        new Sweep(
            kernel[0],
            kernel[1],
            window.strides()[0],
            window.strides()[1],
            window.dilations()[0],
            window.dilations()[1],
            0,
            0,
            window.out()[0],
            window.out()[1],
            x.dim(1));
    Tensor made = Convolutions.convolve(x.tensor(call.device()), weight, null, sweep, List.of());
    weight.release();
    return NdArray.of(made);
  }

  /** The number of taps of each window in the input or its padding. */
  private static double[] padded(NdArray x, Window window) {
    double[] counts = new double[Window.product(window.out())];
    int[] position = new int[window.axes()];
    for (int p = 0; p < counts.length; p++) {
      double product = 1;
      for (int i = 0; i < position.length; i++) {
        long at = (long) position[i] * window.strides()[i];
        long end = (long) x.dim(i + 2) + window.before()[i] + window.after()[i];
        long within = Math.ceilDiv(end - at, (long) window.dilations()[i]);
        product *= Math.clamp(within, 0, window.kernel()[i]);
      }
      counts[p] = product;
      Window.next(position, window.out());
    }
    return counts;
  }

  private static NdArray lp(Call call) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    long p = call.integer("p", 2);
    call.require(p > 0, "needs p of at least 1");
    Window window = Window.of(call, x, kernel(call));
    Shape to = call.shape(window.shape(x.dim(0), x.dim(1)));
    double[] values = x.toDoubles();
    double[] out = new double[(int) to.elements()];
    if (out.length > 0) {
      windows(
          x,
          window,
          (o, base, taps) -> {
            double sum = 0;
            for (int tap : taps) {
              sum += Math.pow(Math.abs(values[base + tap]), (double) p);
            }
            out[o] = Math.pow(sum, 1.0 / p);
          });
    }
    return NdArray.ofDoubles(x.type(), to, out);
  }

  private interface Whole {
    double of(double[] channel);
  }

  private static double mean(double[] v) {
    return Reduction.sum(v) / v.length;
  }

  private static NdArray globalMean(Call call) {
    NdArray x = call.in(0);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    if (x.type() != ElementType.FLOAT || !x.isOnDevice() || x.count() == 0) {
      return global(call, Pooling::mean);
    }
    Tensor rows = x.tensor(call.device()).reshape((long) x.dim(0) * x.dim(1), -1);
    return NdArray.of(Reductions.mean(rows, 1).reshape(globalShape(x)));
  }

  private static Shape globalShape(NdArray x) {
    long[] dims = new long[x.rank()];
    Arrays.fill(dims, 1);
    dims[0] = x.dim(0);
    dims[1] = x.dim(1);
    return Shape.of(dims);
  }

  private static NdArray global(Call call, Whole function) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    int area = Window.product(Window.spatial(x));
    double[] values = x.toDoubles();
    double[] out = new double[x.dim(0) * x.dim(1)];
    for (int i = 0; i < out.length; i++) {
      out[i] = function.of(Arrays.copyOfRange(values, i * area, (i + 1) * area));
    }
    return NdArray.ofDoubles(x.type(), globalShape(x), out);
  }

  private static NdArray unpool(Call call) {
    NdArray x = call.in(0);
    long[] places = call.longs(1);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    call.require(places.length == x.count(), "needs a place for each element of " + x);
    int[] kernel = kernel(call);
    call.require(
        kernel.length == x.rank() - 2, "unpools %s with %d axes".formatted(x, kernel.length));
    int[] strides = call.ints("strides", kernel.length, 1);
    int[] pads = call.ints("pads", 2 * kernel.length, 0);
    long[] dims = x.shape().dims().clone();
    for (int i = 0; i < kernel.length; i++) {
      dims[i + 2] = (dims[i + 2] - 1) * strides[i] + kernel[i] - pads[i] - pads[kernel.length + i];
    }
    Shape inferred = call.shape(dims);
    Shape to = call.has(2) ? call.shape(call.longs(2)) : inferred;
    call.require(to.rank() == x.rank(), "unpools %s to %s".formatted(x, to));
    int[] index = new int[(int) to.elements()];
    Arrays.fill(index, -1);
    int area = Strided.product(inferred, 2, to.rank());
    long[] from = inferred.strides();
    long[] target = to.strides();
    for (int i = 0; i < places.length; i++) {
      call.require(
          places[i] >= 0 && places[i] < inferred.elements(), "has a place outside of its output");
      long rest = places[i];
      long at = 0;
      for (int a = 0; a < to.rank(); a++) {
        long coordinate = rest / from[a];
        call.require(coordinate < to.dim(a), "has a place outside of its output");
        at += coordinate * target[a];
        rest %= from[a];
      }
      call.require(area > 0, "has an output without elements");
      index[(int) at] = i;
    }
    return x.take(to, index);
  }
}
