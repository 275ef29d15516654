package org.diffusionnft.onnx.operator;

import java.util.List;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;

/** Comparisons of two elements, and selection between two. */
final class Comparison {
  private Comparison() {}

  static List<Row> rows() {
    return List.of(
        of("Equal", order -> order == 0),
        of("Greater", order -> order == 1),
        of("GreaterOrEqual", order -> order == 0 || order == 1),
        of("Less", order -> order == -1),
        of("LessOrEqual", order -> order == 0 || order == -1),
        Row.one("Where", Comparison::where));
  }

  private interface Test {
    /** Whether it holds if the first is less (-1), equal (0), greater (1) or unordered (2). */
    boolean of(int order);
  }

  private static Row of(String name, Test test) {
    return Row.one(name, c -> compare(c, test));
  }

  private static NdArray compare(Call call, Test test) {
    NdArray x = call.in(0);
    NdArray y = call.in(1);
    ElementType type = call.sameType(List.of(x, y));
    Shape shape = call.broadcast(x.shape(), y.shape());
    int[] i = Strided.broadcast(x.shape(), shape);
    int[] j = Strided.broadcast(y.shape(), shape);
    long[] out = new long[i.length];
    for (int k = 0; k < out.length; k++) {
      int order =
          switch (type.kind()) {
            case FLOATS -> order(x.floats()[i[k]], y.floats()[j[k]]);
            case DOUBLES -> order(x.doubles()[i[k]], y.doubles()[j[k]]);
            case SIGNED -> Long.compare(x.longs()[i[k]], y.longs()[j[k]]);
            case UNSIGNED -> Integer.signum(Long.compareUnsigned(x.longs()[i[k]], y.longs()[j[k]]));
            case STRINGS -> x.strings()[i[k]].equals(y.strings()[j[k]]) ? 0 : 2;
          };
      out[k] = test.of(order) ? 1 : 0;
    }
    return NdArray.of(ElementType.BOOL, shape, out);
  }

  private static int order(double a, double b) {
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
  }

  private static NdArray where(Call call) {
    NdArray condition = call.in(0);
    call.require(condition.type() == ElementType.BOOL, "needs truth values, not " + condition);
    NdArray x = call.in(1);
    NdArray y = call.in(2);
    ElementType type = call.sameType(List.of(x, y));
    Shape shape = call.broadcast(condition.shape(), call.broadcast(x.shape(), y.shape()));
    int[] c = Strided.broadcast(condition.shape(), shape);
    int[] i = Strided.broadcast(x.shape(), shape);
    int[] j = Strided.broadcast(y.shape(), shape);
    Object out = NdArray.allocate(type, c.length);
    Object a = x.data();
    Object b = y.data();
    long[] chosen = condition.longs();
    for (int k = 0; k < c.length; k++) {
      boolean first = chosen[c[k]] != 0;
      System.arraycopy(first ? a : b, first ? i[k] : j[k], out, k, 1);
    }
    return NdArray.of(type, shape, out);
  }
}
