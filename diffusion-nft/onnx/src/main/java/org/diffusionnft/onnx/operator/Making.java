package org.diffusionnft.onnx.operator;

import java.util.Arrays;
import java.util.List;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.OnnxAttribute;

/** Operators that create an array from little or no input. */
final class Making {
  private Making() {}

  static List<Row> rows() {
    return List.of(
        Row.one("Constant", Making::constant),
        Row.one("ConstantOfShape", Making::constantOfShape),
        Row.one("Range", Making::range),
        Row.one("EyeLike", Making::eyeLike),
        Row.one("Trilu", Making::trilu),
        Row.one("OneHot", Making::oneHot),
        window("HannWindow", 0.5, 0.5, 0),
        window("HammingWindow", 25.0 / 46, 21.0 / 46, 0),
        window("BlackmanWindow", 0.42, 0.5, 0.08));
  }

  private static NdArray constant(Call call) {
    if (call.attribute("value") instanceof OnnxAttribute.OfTensor(var tensor)) {
      return NdArray.of(tensor);
    }
    if (call.hasAttribute("value_int")) {
      return NdArray.of(ElementType.INT64, Shape.of(), new long[] {call.integer("value_int")});
    }
    if (call.hasAttribute("value_float")) {
      return NdArray.floats(Shape.of(), new float[] {call.number("value_float", 0)});
    }
    if (call.hasAttribute("value_string")) {
      String[] text = {call.text("value_string", "")};
      return NdArray.of(ElementType.STRING, Shape.of(), text);
    }
    long[] integers = call.integers("value_ints");
    if (integers != null) {
      return NdArray.longs(integers);
    }
    float[] numbers = call.numbers("value_floats");
    if (numbers != null) {
      return NdArray.floats(Shape.of(numbers.length), numbers);
    }
    if (call.attribute("value_strings") instanceof OnnxAttribute.OfStrings(var texts)) {
      return NdArray.of(ElementType.STRING, Shape.of(texts.size()), texts.toArray(String[]::new));
    }
    throw call.unsupported("has a value that is no dense tensor, number or text");
  }

  private static NdArray constantOfShape(Call call) {
    Shape shape = call.shape(call.longs(0));
    NdArray value = call.tensor("value");
    if (value == null) {
      return NdArray.zeros(ElementType.FLOAT, shape);
    }
    call.require(value.count() == 1, "needs one number as value, not " + value);
    return value.take(shape, new int[(int) shape.elements()]);
  }

  private static NdArray range(Call call) {
    List<NdArray> all = call.all();
    call.require(all.size() == 3, "needs start, limit and delta");
    ElementType type = call.sameType(all);
    call.scalar(0);
    call.scalar(1);
    call.scalar(2);
    if (type.isInteger()) {
      long start = all.get(0).longs()[0];
      long limit = all.get(1).longs()[0];
      long delta = all.get(2).longs()[0];
      call.require(delta != 0, "has a delta of 0");
      long count = (long) Math.max(0, Math.ceil(((double) limit - start) / delta));
      long[] out = new long[(int) call.shape(count).elements()];
      for (int i = 0; i < out.length; i++) {
        out[i] = start + i * delta;
      }
      return NdArray.of(type, Shape.of(out.length), out);
    }
    double start = call.scalar(0);
    double delta = call.scalar(2);
    double count = Math.max(0, Math.ceil((call.scalar(1) - start) / delta));
    call.require(count >= 0 && count < 1e18, "has no end");
    double[] out = new double[(int) call.shape((long) count).elements()];
    for (int i = 0; i < out.length; i++) {
      out[i] = start + i * delta;
    }
    return NdArray.ofDoubles(type, Shape.of(out.length), out);
  }

  private static ElementType type(Call call, ElementType orElse) {
    return call.hasAttribute("dtype") ? Casting.type(call, "dtype") : orElse;
  }

  private static NdArray eyeLike(Call call) {
    NdArray like = call.in(0);
    call.requireRank(like, 2, 2);
    long k = call.integer("k", 0);
    double[] out = new double[like.count()];
    for (int i = 0; i < like.dim(0); i++) {
      long j = i + k;
      if (j >= 0 && j < like.dim(1)) {
        out[i * like.dim(1) + (int) j] = 1;
      }
    }
    return NdArray.ofDoubles(type(call, like.type()), like.shape(), out);
  }

  private static NdArray trilu(Call call) {
    NdArray x = call.in(0);
    call.requireRank(x, 2, Integer.MAX_VALUE);
    boolean upper = call.flag("upper", true);
    long k = call.has(1) ? (long) call.scalar(1) : 0;
    int rows = x.dim(-2);
    int columns = x.dim(-1);
    int[] index = new int[x.count()];
    for (int i = 0; i < index.length; i++) {
      int diagonal = i % columns - i / columns % rows;
      index[i] = (upper ? diagonal >= k : diagonal <= k) ? i : -1;
    }
    return x.take(x.shape(), index);
  }

  private static NdArray oneHot(Call call) {
    NdArray indices = call.in(0);
    int depth = call.toInt((long) call.scalar(1), "depth");
    NdArray values = call.in(2);
    call.require(depth >= 0 && values.count() == 2, "needs a depth and two values");
    int rank = indices.rank() + 1;
    int axis = call.axis("axis", -1, rank);
    Shape to = call.shape(Strided.inserted(indices.shape(), axis, depth).dims());
    int inner = Strided.product(to, axis + 1, rank);
    double[] hot = indices.toDoubles();
    int[] index = new int[(int) to.elements()];
    for (int i = 0; i < index.length; i++) {
      int at = i / inner % depth;
      int row = i / inner / depth * inner + i % inner;
      double wanted = hot[row] < 0 ? hot[row] + depth : hot[row];
      index[i] = (long) wanted == at ? 1 : 0;
    }
    return values.take(to, index);
  }

  private static Row window(String name, double a, double b, double c) {
    return Row.one(
        name,
        call -> {
          long size = (long) call.scalar(0);
          Shape to = call.shape(size);
          double period = call.flag("periodic", true) ? size : size - 1.0;
          double[] out = new double[(int) size];
          for (int i = 0; i < out.length; i++) {
            double angle = 2 * Math.PI * i / period;
            out[i] = a - b * Math.cos(angle) + c * Math.cos(2 * angle);
          }
          ElementType type =
              call.hasAttribute("output_datatype")
                  ? Casting.type(call, "output_datatype")
                  : ElementType.FLOAT;
          return NdArray.ofDoubles(type, to, out);
        });
  }

  /** An array of equal numbers. */
  static double[] full(int count, double value) {
    double[] out = new double[count];
    Arrays.fill(out, value);
    return out;
  }
}
