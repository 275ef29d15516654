package org.diffusionnft.onnx.operator;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;
import org.jspecify.annotations.Nullable;

/** Reductions of many numbers to one along some axes. */
final class Reduction {
  private Reduction() {}

  /** The function of the elements along the axes. */
  private interface Function {
    double of(double[] elements);
  }

  private interface Whole {
    long of(long[] elements, ElementType type);
  }

  static List<Row> rows() {
    return List.of(
        of("ReduceSum", Reduction::sum, (v, _) -> Arrays.stream(v).sum()),
        of("ReduceMean", v -> sum(v) / v.length, (v, _) -> Arrays.stream(v).sum() / v.length),
        of("ReduceMax", Reduction::max, Reduction::greatest),
        of("ReduceMin", Reduction::min, Reduction::least),
        of("ReduceProd", v -> Arrays.stream(v).reduce(1, (a, b) -> a * b), Reduction::product),
        of("ReduceL1", v -> sum(abs(v)), (v, _) -> Arrays.stream(v).map(Math::abs).sum()),
        of(
            "ReduceL2",
            v -> Math.sqrt(sumOfSquares(v)),
            (v, _) -> (long) Math.sqrt((double) squares(v))),
        of("ReduceSumSquare", Reduction::sumOfSquares, (v, _) -> squares(v)),
        of("ReduceLogSum", v -> Math.log(sum(v)), null),
        of("ReduceLogSumExp", Reduction::logSumExp, null));
  }

  private static Row of(String name, Function function, @Nullable Whole whole) {
    return Row.one(name, c -> reduce(c, function, whole));
  }

  private static NdArray reduce(Call call, Function function, @Nullable Whole whole) {
    NdArray x = call.in(0);
    int rank = x.rank();
    boolean keep = call.flag("keepdims", true);
    long[] given = call.integers("axes", 1);
    if (given == null || given.length == 0) {
      if (call.flag("noop_with_empty_axes", false)) {
        given = new long[0];
      } else {
        given = LongStream.range(0, rank).toArray();
      }
    }
    int[] axes = call.axes(given, rank);
    return reduce(call, x, axes, keep, function, whole);
  }

  private static NdArray reduce(
      Call call, NdArray x, int[] axes, boolean keep, Function function, @Nullable Whole whole) {
    Groups groups = Groups.of(x.shape(), axes);
    Shape to = x.shape();
    for (int i = axes.length - 1; i >= 0; i--) {
      to = keep ? to.with(axes[i], 1) : Strided.without(to, axes[i]);
    }
    int count = groups.starts().length;
    int[] within = groups.within();
    if (x.type().isInteger()) {
      if (whole == null) {
        double[] values = x.toDoubles();
        double[] out = new double[count];
        double[] group = new double[within.length];
        for (int i = 0; i < count; i++) {
          for (int j = 0; j < within.length; j++) {
            group[j] = values[groups.starts()[i] + within[j]];
          }
          out[i] = function.of(group);
        }
        return NdArray.ofDoubles(x.type(), to, out);
      }
      long[] values = x.longs();
      long[] out = new long[count];
      long[] group = new long[within.length];
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < within.length; j++) {
          group[j] = values[groups.starts()[i] + within[j]];
        }
        out[i] = Integers.wrap(x.type(), whole.of(group, x.type()));
      }
      return NdArray.of(x.type(), to, out);
    }
    call.requireFloating(x);
    double[] out = new double[count];
    double[] group = new double[within.length];
    boolean single = x.type() != ElementType.DOUBLE;
    for (int i = 0; i < count; i++) {
      int start = groups.starts()[i];
      if (single) {
        float[] values = x.floats();
        for (int j = 0; j < within.length; j++) {
          group[j] = values[start + within[j]];
        }
      } else {
        double[] values = x.doubles();
        for (int j = 0; j < within.length; j++) {
          group[j] = values[start + within[j]];
        }
      }
      out[i] = function.of(group);
    }
    return NdArray.ofDoubles(x.type(), to, out);
  }

  /**
   * The groups of elements that are reduced together.
   *
   * @param starts the first index of each group, in result order
   * @param within offsets of a group's elements from its first
   */
  @SuppressWarnings("ArrayRecordComponent") // indices, read by the loops of this class's users
  record Groups(int[] starts, int[] within) {
    static Groups of(Shape shape, int[] axes) {
      long[] strides = shape.strides();
      long[] keptDims = new long[shape.rank() - axes.length];
      long[] keptStrides = new long[keptDims.length];
      long[] dims = new long[axes.length];
      long[] reducedStrides = new long[axes.length];
      int kept = 0;
      int reduced = 0;
      for (int i = 0; i < shape.rank(); i++) {
        if (reduced < axes.length && axes[reduced] == i) {
          dims[reduced] = shape.dim(i);
          reducedStrides[reduced++] = strides[i];
        } else {
          keptDims[kept] = shape.dim(i);
          keptStrides[kept++] = strides[i];
        }
      }
      return new Groups(
          Strided.places(Shape.of(keptDims), keptStrides, 0),
          Strided.places(Shape.of(dims), reducedStrides, 0));
    }
  }

  static double sum(double[] v) {
    double sum = 0;
    for (double x : v) {
      sum += x;
    }
    return sum;
  }

  private static double sumOfSquares(double[] v) {
    double sum = 0;
    for (double x : v) {
      sum += x * x;
    }
    return sum;
  }

  private static double[] abs(double[] v) {
    return Arrays.stream(v).map(Math::abs).toArray();
  }

  private static long squares(long[] v) {
    return Arrays.stream(v).map(x -> x * x).sum();
  }

  private static double max(double[] v) {
    double best = Double.NEGATIVE_INFINITY;
    for (double x : v) {
      best = Math.max(best, x);
    }
    return best;
  }

  private static double min(double[] v) {
    double best = Double.POSITIVE_INFINITY;
    for (double x : v) {
      best = Math.min(best, x);
    }
    return best;
  }

  private static long greatest(long[] v, ElementType type) {
    long best = Integers.least(type);
    for (long x : v) {
      boolean more = type == ElementType.UINT64 ? Long.compareUnsigned(x, best) > 0 : x > best;
      best = more ? x : best;
    }
    return best;
  }

  private static long least(long[] v, ElementType type) {
    long best =
        type == ElementType.UINT64 ? -1 : type == ElementType.BOOL ? 1 : Integers.greatest(type);
    for (long x : v) {
      boolean less = type == ElementType.UINT64 ? Long.compareUnsigned(x, best) < 0 : x < best;
      best = less ? x : best;
    }
    return best;
  }

  private static long product(long[] v, ElementType type) {
    return Arrays.stream(v).reduce(1, (a, b) -> a * b);
  }

  private static double logSumExp(double[] v) {
    double max = max(v);
    if (Double.isInfinite(max)) {
      return max;
    }
    double sum = 0;
    for (double x : v) {
      sum += Math.exp(x - max);
    }
    return max + Math.log(sum);
  }
}
