package org.diffusionnft.onnx.operator;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;
import org.jspecify.annotations.Nullable;

/** Resizing of arrays, one axis at a time. */
final class Resizing {
  private Resizing() {}

  static List<Row> rows() {
    return List.of(Row.one("Resize", Resizing::resize), Row.one("Upsample", Resizing::upsample));
  }

  /** How an axis is resized: the position of each new element among the old ones. */
  private record Axis(int from, int to, double scale, double roiStart, double roiEnd) {
    double place(int x, String mode) {
      double length = scale * from;
      return switch (mode) {
        case "align_corners" -> length == 1 ? 0 : x * (from - 1.0) / (length - 1);
        case "asymmetric" -> x / scale;
        case "pytorch_half_pixel" -> to == 1 ? -0.5 : (x + 0.5) / scale - 0.5;
        case "half_pixel_symmetric" -> {
          double offset = from / 2.0 * (1 - to / length);
          yield offset + (x + 0.5) / scale - 0.5;
        }
        case "tf_crop_and_resize" -> {
          double span = (roiEnd - roiStart) * (from - 1);
          yield (to == 1 ? span / 2 : x * span / (to - 1)) + roiStart * (from - 1);
        }
        default -> (x + 0.5) / scale - 0.5;
      };
    }
  }

  /** The interpolation between old elements. */
  private record Kernel(
      String mode,
      String nearest,
      boolean antialias,
      double cubic,
      boolean excludeOutside,
      String coordinates,
      @Nullable Double outside) {}

  private static NdArray upsample(Call call) {
    NdArray x = call.in(0);
    String mode = call.choice("mode", "nearest", "nearest", "linear");
    double[] scales = new double[x.rank()];
    if (call.has(1)) {
      scales = call.in(1).toDoubles();
    } else {
      float[] given = call.numbers("scales");
      if (given == null) {
        throw call.wrong("needs scales");
      }
      for (int i = 0; i < Math.min(scales.length, given.length); i++) {
        scales[i] = given[i];
      }
    }
    Kernel kernel = new Kernel(mode, "floor", false, 0, false, "asymmetric", null);
    return resized(call, x, axes(call, x, allAxes(x), scales, null), kernel);
  }

  private static int[] allAxes(NdArray x) {
    return IntStream.range(0, x.rank()).toArray();
  }

  private static NdArray resize(Call call) {
    NdArray x = call.in(0);
    if (call.opset() < 11) {
      return upsample(call);
    }
    String mode = call.choice("mode", "nearest", "nearest", "linear", "cubic");
    String coordinates =
        call.choice(
            "coordinate_transformation_mode",
            "half_pixel",
            "half_pixel",
            "half_pixel_symmetric",
            "pytorch_half_pixel",
            "align_corners",
            "asymmetric",
            "tf_crop_and_resize");
    boolean crop = coordinates.equals("tf_crop_and_resize");
    Kernel kernel =
        new Kernel(
            mode,
            call.choice(
                "nearest_mode",
                "round_prefer_floor",
                "round_prefer_floor",
                "round_prefer_ceil",
                "floor",
                "ceil"),
            call.flag("antialias", false),
            call.number("cubic_coeff_a", -0.75f),
            call.flag("exclude_outside", false),
            coordinates,
            crop ? (double) call.number("extrapolation_value", 0) : null);
    long[] given = call.integers("axes");
    int[] axes =
        given == null
            ? allAxes(x)
            : Arrays.stream(given).mapToInt(a -> call.axis(a, x.rank())).toArray();
    boolean sized = call.has(3) && call.in(3).count() > 0;
    double[] scales =
        sized
            ? scales(call, x, axes, call.longs(3))
            : call.has(2) ? call.in(2).toDoubles() : new double[0];
    return resized(call, x, axes(call, x, axes, scales, sized ? call.longs(3) : null), kernel);
  }

  private static double[] scales(Call call, NdArray x, int[] axes, long[] sizes) {
    call.require(sizes.length == axes.length, "needs a size for each axis");
    String policy =
        call.choice("keep_aspect_ratio_policy", "stretch", "stretch", "not_larger", "not_smaller");
    double[] scales = new double[axes.length];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (double) sizes[i] / x.dim(axes[i]);
    }
    if (!policy.equals("stretch")) {
      double one =
          policy.equals("not_larger")
              ? Arrays.stream(scales).min().orElse(1)
              : Arrays.stream(scales).max().orElse(1);
      Arrays.fill(scales, one);
    }
    return scales;
  }

  private static Axis[] axes(
      Call call, NdArray x, int[] axes, double[] scales, long @Nullable [] sizes) {
    call.require(scales.length == axes.length, "needs a scale for each axis of " + x);
    boolean stretch = call.text("keep_aspect_ratio_policy", "stretch").equals("stretch");
    double[] roi = call.opset() >= 11 && call.has(1) ? call.in(1).toDoubles() : new double[0];
    boolean crop = call.text("coordinate_transformation_mode", "").equals("tf_crop_and_resize");
    call.require(!crop || roi.length == 2 * axes.length, "needs a region of interest");
    Axis[] out = new Axis[x.rank()];
    for (int i = 0; i < out.length; i++) {
      out[i] = new Axis(x.dim(i), x.dim(i), 1, 0, 1);
    }
    for (int i = 0; i < axes.length; i++) {
      call.require(scales[i] > 0, "needs scales greater than 0");
      int from = x.dim(axes[i]);
      double start = crop ? roi[i] : 0;
      double end = crop ? roi[axes.length + i] : 1;
      double to;
      if (sizes != null) {
        to = stretch ? sizes[i] : Math.floor(scales[i] * from + 0.5);
      } else {
        to = Math.floor(scales[i] * from * (crop ? end - start : 1) + 1e-9);
      }
      call.require(to >= 0 && to < Integer.MAX_VALUE, "would make an axis of " + to);
      out[axes[i]] = new Axis(from, (int) to, scales[i], start, end);
    }
    return out;
  }

  private static NdArray resized(Call call, NdArray x, Axis[] axes, Kernel kernel) {
    long[] dims = new long[axes.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = axes[i].to();
    }
    Shape to = call.shape(dims);
    call.require(x.count() > 0 || to.elements() == 0, "resizes an array without elements");
    if (kernel.mode().equals("nearest") && kernel.outside() == null) {
      int[] times = repeats(axes, kernel);
      boolean onDevice = x.type() == ElementType.FLOAT && x.isOnDevice() && x.count() > 0;
      return onDevice && times.length > 0
          ? repeated(call, x, times).reshape(to)
          : nearest(x, axes, kernel, to);
    }
    boolean[] outside = new boolean[(int) to.elements()];
    double[] values = x.toDoubles();
    Shape shape = x.shape();
    for (int axis = 0; axis < axes.length; axis++) {
      Axis a = axes[axis];
      boolean still = a.from() == a.to() && a.scale() == 1 && a.roiStart() == 0 && a.roiEnd() == 1;
      if (!still) {
        Shape from = shape;
        shape = call.shape(shape.with(axis, a.to()).dims());
        // without this check, a file could request any number of weights
        call.require(
            !kernel.antialias() || a.to() == 0 || 2 * a.scale() * a.from() >= 1,
            "has the scale %s, with which nothing is left of an axis of %d elements"
                .formatted(a.scale(), a.from()));
        values = along(values, from, axis, a, kernel);
        if (kernel.outside() != null) {
          markOutside(outside, to, axis, a, kernel);
        }
      }
    }
    for (int i = 0; i < outside.length && kernel.outside() != null; i++) {
      values[i] = outside[i] ? kernel.outside() : values[i];
    }
    return NdArray.ofDoubles(x.type(), to, values);
  }

  private static void markOutside(boolean[] outside, Shape to, int axis, Axis a, Kernel kernel) {
    int inner = Strided.product(to, axis + 1, to.rank());
    for (int i = 0; i < outside.length; i++) {
      double place = a.place(i / inner % a.to(), kernel.coordinates());
      outside[i] |= place < 0 || place > a.from() - 1;
    }
  }

  private static NdArray nearest(NdArray x, Axis[] axes, Kernel kernel, Shape to) {
    long[] strides = x.shape().strides();
    int[] index = new int[(int) to.elements()];
    for (int axis = 0; axis < axes.length; axis++) {
      Axis a = axes[axis];
      int inner = Strided.product(to, axis + 1, to.rank());
      int[] places = new int[a.to()];
      for (int i = 0; i < places.length; i++) {
        places[i] = rounded(a.place(i, kernel.coordinates()), a.from(), kernel.nearest());
      }
      int stride = (int) strides[axis];
      for (int i = 0, at = 0; i < index.length; at = at + 1 == a.to() ? 0 : at + 1) {
        int shift = places[at] * stride;
        for (int end = i + inner; i < end; i++) {
          index[i] += shift;
        }
      }
    }
    return x.take(to, index);
  }

  /** The number of repetitions of each element along each axis; empty if they are not all equal. */
  private static int[] repeats(Axis[] axes, Kernel kernel) {
    int[] times = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      Axis a = axes[i];
      times[i] = a.from() == 0 ? 0 : a.to() / a.from();
      for (int j = 0; j < a.to(); j++) {
        int place = rounded(a.place(j, kernel.coordinates()), a.from(), kernel.nearest());
        if (times[i] == 0 || a.to() % a.from() != 0 || place != j / times[i]) {
          return new int[0];
        }
      }
    }
    return times;
  }

  private static NdArray repeated(Call call, NdArray x, int[] times) {
    long[] from = new long[2 * times.length];
    long[] to = new long[2 * times.length];
    for (int i = 0; i < times.length; i++) {
      from[2 * i] = x.dim(i);
      from[2 * i + 1] = 1;
      to[2 * i] = x.dim(i);
      to[2 * i + 1] = times[i];
    }
    Tensor apart = x.tensor(call.device()).reshape(from);
    return NdArray.of(Layout.expand(apart, Shape.of(to)));
  }

  private static int rounded(double place, int size, String mode) {
    double r =
        switch (mode) {
          case "floor" -> Math.floor(place);
          case "ceil" -> Math.ceil(place);
          case "round_prefer_ceil" -> Math.floor(place + 0.5);
          default -> Math.ceil(place - 0.5);
        };
    return (int) Math.max(0, Math.min(r, size - 1));
  }

  private static double[] along(double[] from, Shape shape, int axis, Axis a, Kernel kernel) {
    int inner = Strided.product(shape, axis + 1, shape.rank());
    int outer = Strided.product(shape, 0, axis);
    double[] out = new double[outer * a.to() * inner];
    for (int i = 0; i < a.to(); i++) {
      double place = a.place(i, kernel.coordinates());
      double floor = Math.floor(place);
      double ratio = place - floor;
      double[] weights = weights(kernel, ratio, Math.min(1, a.scale()));
      int first = (int) floor - weights.length / 2 + 1;
      if (kernel.mode().equals("nearest")) {
        weights = new double[] {1};
        first = rounded(place, a.from(), kernel.nearest());
      } else if (kernel.excludeOutside()) {
        double sum = 0;
        for (int k = 0; k < weights.length; k++) {
          weights[k] = first + k < 0 || first + k >= a.from() ? 0 : weights[k];
          sum += weights[k];
        }
        for (int k = 0; k < weights.length; k++) {
          weights[k] /= sum;
        }
      }
      for (int k = 0; k < weights.length; k++) {
        int at = Math.max(0, Math.min(first + k, a.from() - 1));
        if (weights[k] == 0) {
          continue;
        }
        for (int o = 0; o < outer; o++) {
          int source = (o * a.from() + at) * inner;
          int target = (o * a.to() + i) * inner;
          for (int j = 0; j < inner; j++) {
            out[target + j] += weights[k] * from[source + j];
          }
        }
      }
    }
    return out;
  }

  /** The weights of equally many neighbours before and after the position. */
  private static double[] weights(Kernel kernel, double ratio, double scale) {
    boolean cubic = kernel.mode().equals("cubic");
    double stretch = kernel.antialias() ? scale : 1;
    int half = (int) Math.ceil((cubic ? 2 : 1) / stretch);
    double[] weights = new double[2 * half];
    double sum = 0;
    for (int k = 0; k < weights.length; k++) {
      double distance = Math.abs(k - half + 1 - ratio) * stretch;
      weights[k] = cubic ? keys(distance, kernel.cubic()) : Math.max(0, 1 - distance);
      sum += weights[k];
    }
    for (int k = 0; k < weights.length && kernel.antialias(); k++) {
      weights[k] /= sum;
    }
    return weights;
  }

  /** The cubic convolution kernel of Keys (1981). */
  static double keys(double x, double a) {
    if (x <= 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  }
}
