package org.diffusionnft.onnx.operator;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;

/** The largest elements along an axis, and cumulative sums. */
final class Ordering {
  private Ordering() {}

  static List<Row> rows() {
    return List.of(
        Row.one("ArgMax", c -> argument(c, true)),
        Row.one("ArgMin", c -> argument(c, false)),
        Row.of("TopK", Ordering::topK),
        Row.one("Hardmax", Ordering::hardmax),
        Row.one("CumSum", c -> cumulate(c, false)),
        Row.one("CumProd", c -> cumulate(c, true)));
  }

  private static NdArray argument(Call call, boolean max) {
    NdArray x = call.in(0);
    int axis = call.axis("axis", 0, x.rank());
    boolean last = call.flag("select_last_index", false);
    int size = x.dim(axis);
    call.require(size > 0, "looks for an element along an axis without any");
    int inner = Strided.product(x.shape(), axis + 1, x.rank());
    double[] values = x.toDoubles();
    long[] out = new long[x.count() / size];
    for (int i = 0; i < out.length; i++) {
      int start = i / inner * size * inner + i % inner;
      int best = 0;
      for (int j = 1; j < size; j++) {
        double v = values[start + j * inner];
        double b = values[start + best * inner];
        boolean better = max ? v > b : v < b;
        best = better || (last && v == b) ? j : best;
      }
      out[i] = best;
    }
    Shape to =
        call.flag("keepdims", true) ? x.shape().with(axis, 1) : Strided.without(x.shape(), axis);
    return NdArray.of(ElementType.INT64, to, out);
  }

  private static List<Value> topK(Call call) {
    NdArray x = call.in(0);
    long wanted = call.opset() < 10 ? call.integer("k") : (long) call.scalar(1);
    int axis = call.axis("axis", -1, x.rank());
    boolean largest = call.flag("largest", true);
    int size = x.dim(axis);
    call.require(
        wanted >= 0 && wanted <= size,
        "wants %d of the %d elements of an axis".formatted(wanted, size));
    int k = (int) wanted;
    int inner = Strided.product(x.shape(), axis + 1, x.rank());
    double[] values = x.toDoubles();
    long[] longs = x.type().isInteger() ? x.longs() : new long[0];
    Shape to = x.shape().with(axis, k);
    int[] index = new int[(int) to.elements()];
    long[] numbers = new long[index.length];
    int lines = size == 0 ? 0 : x.count() / size;
    for (int line = 0; line < lines; line++) {
      int start = line / inner * size * inner + line % inner;
      Comparator<Integer> ascending =
          x.type() == ElementType.UINT64
              ? (a, b) -> Long.compareUnsigned(longs[start + a * inner], longs[start + b * inner])
              : x.type().isInteger()
                  ? Comparator.comparingLong(j -> longs[start + j * inner])
                  : Comparator.comparingDouble(j -> values[start + j * inner]);
      List<Integer> order =
          IntStream.range(0, size)
              .boxed()
              .sorted((largest ? ascending.reversed() : ascending).thenComparing(j -> j))
              .limit(k)
              .toList();
      for (int j = 0; j < k; j++) {
        int at = (line / inner * k + j) * inner + line % inner;
        index[at] = start + order.get(j) * inner;
        numbers[at] = order.get(j);
      }
    }
    return List.of(x.take(to, index), NdArray.of(ElementType.INT64, to, numbers));
  }

  private static NdArray hardmax(Call call) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    int axis = call.axis("axis", call.opset() < 13 ? 1 : -1, x.rank());
    boolean flat = call.opset() < 13;
    int size = flat ? Strided.product(x.shape(), axis, x.rank()) : x.dim(axis);
    int inner = flat ? 1 : Strided.product(x.shape(), axis + 1, x.rank());
    double[] values = x.toDoubles();
    double[] out = new double[values.length];
    int lines = size == 0 ? 0 : values.length / size;
    for (int line = 0; line < lines; line++) {
      int start = line / inner * size * inner + line % inner;
      int best = 0;
      for (int j = 1; j < size; j++) {
        best = values[start + j * inner] > values[start + best * inner] ? j : best;
      }
      out[start + best * inner] = 1;
    }
    return NdArray.ofDoubles(x.type(), x.shape(), out);
  }

  private static NdArray cumulate(Call call, boolean product) {
    NdArray x = call.in(0);
    int axis = call.axis((long) call.scalar(1), x.rank());
    boolean exclusive = call.flag("exclusive", false);
    boolean reverse = call.flag("reverse", false);
    int size = x.dim(axis);
    int inner = Strided.product(x.shape(), axis + 1, x.rank());
    int lines = size == 0 ? 0 : x.count() / size;
    if (x.type().isInteger()) {
      long[] from = x.longs();
      long[] out = new long[from.length];
      for (int line = 0; line < lines; line++) {
        int start = line / inner * size * inner + line % inner;
        long total = product ? 1 : 0;
        for (int j = 0; j < size; j++) {
          int at = start + (reverse ? size - 1 - j : j) * inner;
          long next = product ? total * from[at] : total + from[at];
          out[at] = Integers.wrap(x.type(), exclusive ? total : next);
          total = next;
        }
      }
      return NdArray.of(x.type(), x.shape(), out);
    }
    double[] from = x.toDoubles();
    double[] out = new double[from.length];
    for (int line = 0; line < lines; line++) {
      int start = line / inner * size * inner + line % inner;
      double total = product ? 1 : 0;
      for (int j = 0; j < size; j++) {
        int at = start + (reverse ? size - 1 - j : j) * inner;
        double next = product ? total * from[at] : total + from[at];
        out[at] = exclusive ? total : next;
        total = next;
      }
    }
    return NdArray.ofDoubles(x.type(), x.shape(), out);
  }
}
