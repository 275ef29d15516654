package org.diffusionnft.onnx.operator;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.SmallFloats;
import org.jspecify.annotations.Nullable;

/** Functions of two elements, and of more by repetition. */
final class Binary {
  private Binary() {}

  static List<Row> rows() {
    return List.of(
        arithmetic("Add", BinaryOp.ADD, Double::sum, Long::sum),
        arithmetic("Sub", BinaryOp.SUB, (x, y) -> x - y, (x, y) -> x - y),
        arithmetic("Mul", BinaryOp.MUL, (x, y) -> x * y, (x, y) -> x * y),
        arithmetic("Div", BinaryOp.DIV, (x, y) -> x / y, null),
        Row.one("Mod", Binary::mod),
        Row.one("Pow", Binary::pow),
        variadic("Max", Math::max, Math::max),
        variadic("Min", Math::min, Math::min),
        variadic("Sum", Double::sum, Long::sum),
        Row.one("Mean", Binary::mean),
        bits("And", (x, y) -> x & y),
        bits("Or", (x, y) -> x | y),
        bits("Xor", (x, y) -> x ^ y),
        bits("BitwiseAnd", (x, y) -> x & y),
        bits("BitwiseOr", (x, y) -> x | y),
        bits("BitwiseXor", (x, y) -> x ^ y),
        Row.one("BitShift", Binary::shift),
        Row.one("PRelu", Binary::prelu));
  }

  private static Row arithmetic(
      String name, BinaryOp op, DoubleBinaryOperator function, @Nullable LongBinaryOperator whole) {
    return Row.one(
        name,
        c -> {
          NdArray x = c.in(0);
          NdArray y = aligned(c, x, c.in(1));
          ElementType type = c.sameType(List.of(x, y));
          Shape shape = c.broadcast(x.shape(), y.shape());
          if (type == ElementType.FLOAT && shape.elements() > 0) {
            return NdArray.of(Elementwise.binary(op, x.tensor(c.device()), y.tensor(c.device())));
          }
          LongBinaryOperator integers = whole == null ? division(c, type) : whole;
          return combine(c, x, y, function, integers);
        });
  }

  /** Before operator set 7, attributes aligned the second operand, instead of the trailing axes. */
  private static NdArray aligned(Call call, NdArray x, NdArray y) {
    if (call.opset() >= 7 || !call.flag("broadcast", false) || !call.hasAttribute("axis")) {
      return y;
    }
    int axis = call.axis("axis", 0, x.rank());
    long[] dims = new long[x.rank() - axis];
    Arrays.fill(dims, 1);
    call.require(y.rank() <= dims.length, "has operands that do not fit: " + x + " and " + y);
    System.arraycopy(y.shape().dims(), 0, dims, 0, y.rank());
    return y.reshape(Shape.of(dims));
  }

  private static LongBinaryOperator division(Call call, ElementType type) {
    return (x, y) -> {
      if (y == 0) {
        throw call.wrong("divides a whole number by zero");
      }
      return type == ElementType.UINT64 ? Long.divideUnsigned(x, y) : x / y;
    };
  }

  /**
   * Applies a function to two arrays of the same type with broadcasting; results are rounded to the
   * type.
   */
  static NdArray combine(
      Call call,
      NdArray x,
      NdArray y,
      DoubleBinaryOperator function,
      @Nullable LongBinaryOperator whole) {
    ElementType type = call.sameType(List.of(x, y));
    Shape shape = call.broadcast(x.shape(), y.shape());
    int count = (int) shape.elements();
    int[] i = x.shape().equals(shape) ? null : Strided.broadcast(x.shape(), shape);
    int[] j = y.shape().equals(shape) ? null : Strided.broadcast(y.shape(), shape);
    Object out = NdArray.allocate(type, count);
    switch (type.kind()) {
      case FLOATS -> {
        float[] a = x.floats();
        float[] b = y.floats();
        float[] to = (float[]) out;
        for (int k = 0; k < count; k++) {
          float r =
              (float) function.applyAsDouble(a[i == null ? k : i[k]], b[j == null ? k : j[k]]);
          to[k] = type == ElementType.FLOAT ? r : SmallFloats.round(type, r);
        }
      }
      case DOUBLES -> {
        double[] a = x.doubles();
        double[] b = y.doubles();
        double[] to = (double[]) out;
        for (int k = 0; k < count; k++) {
          to[k] = function.applyAsDouble(a[i == null ? k : i[k]], b[j == null ? k : j[k]]);
        }
      }
      case SIGNED, UNSIGNED -> {
        if (whole == null) {
          throw call.wrong("needs floating-point numbers, not " + x);
        }
        long[] a = x.longs();
        long[] b = y.longs();
        long[] to = (long[]) out;
        for (int k = 0; k < count; k++) {
          to[k] =
              Integers.wrap(
                  type, whole.applyAsLong(a[i == null ? k : i[k]], b[j == null ? k : j[k]]));
        }
      }
      case STRINGS -> throw call.wrong("needs numbers, not " + x);
    }
    return NdArray.of(type, shape, out);
  }

  private static Row variadic(
      String name, DoubleBinaryOperator function, LongBinaryOperator whole) {
    return Row.one(name, c -> fold(c, function, unsigned(c, name, whole)));
  }

  /** Comparisons of UINT64 must not treat the highest bit as a sign. */
  private static LongBinaryOperator unsigned(Call call, String name, LongBinaryOperator whole) {
    if (call.in(0).type() != ElementType.UINT64 || name.equals("Sum")) {
      return whole;
    }
    boolean max = name.equals("Max");
    return (x, y) -> Long.compareUnsigned(x, y) > 0 == max ? x : y;
  }

  private static NdArray fold(Call call, DoubleBinaryOperator function, LongBinaryOperator whole) {
    NdArray result = call.in(0);
    for (int i = 1; i < call.inputs(); i++) {
      result = combine(call, result, call.in(i), function, whole);
    }
    return result;
  }

  private static NdArray mean(Call call) {
    int count = call.inputs();
    return Unary.map(call, fold(call, Double::sum, Long::sum), x -> x / count, null);
  }

  private static NdArray mod(Call call) {
    boolean likeC = call.flag("fmod", false);
    ElementType type = call.in(0).type();
    LongBinaryOperator whole =
        (x, y) -> {
          if (y == 0) {
            throw call.wrong("divides a whole number by zero");
          }
          if (type == ElementType.UINT64) {
            return Long.remainderUnsigned(x, y);
          }
          return likeC ? x % y : Math.floorMod(x, y);
        };
    DoubleBinaryOperator function =
        (x, y) -> {
          double r = x % y;
          return likeC || r == 0 || (r < 0) == (y < 0) ? r : r + y;
        };
    return combine(call, call.in(0), call.in(1), function, whole);
  }

  /** The exponent may have another type; the result has the base's. */
  private static NdArray pow(Call call) {
    NdArray base = call.in(0);
    NdArray exponent = aligned(call, base, call.in(1));
    Shape shape = call.broadcast(base.shape(), exponent.shape());
    int[] i = Strided.broadcast(base.shape(), shape);
    int[] j = Strided.broadcast(exponent.shape(), shape);
    if (base.type().isInteger() && exponent.type().isInteger()) {
      long[] out = new long[i.length];
      for (int k = 0; k < out.length; k++) {
        long x = base.longs()[i[k]];
        long y = exponent.longs()[j[k]];
        out[k] =
            Integers.wrap(
                base.type(), y < 0 ? (long) Math.pow((double) x, (double) y) : power(x, y));
      }
      return NdArray.of(base.type(), shape, out);
    }
    double[] x = base.toDoubles();
    double[] y = exponent.toDoubles();
    double[] out = new double[i.length];
    for (int k = 0; k < out.length; k++) {
      out[k] = Math.pow(x[i[k]], y[j[k]]);
    }
    return NdArray.ofDoubles(base.type(), shape, out);
  }

  private static long power(long x, long y) {
    long result = 1;
    long square = x;
    for (long rest = y; rest > 0; rest >>= 1) {
      result = (rest & 1) == 1 ? result * square : result;
      square *= square;
    }
    return result;
  }

  private static Row bits(String name, LongBinaryOperator function) {
    return Row.one(
        name,
        c -> {
          NdArray x = c.in(0);
          c.require(x.type().isInteger(), "needs whole numbers or truth values, not " + x);
          return combine(c, x, aligned(c, x, c.in(1)), (_, _) -> 0, function);
        });
  }

  private static NdArray shift(Call call) {
    boolean left = call.choice("direction", "", "LEFT", "RIGHT").equals("LEFT");
    NdArray x = call.in(0);
    call.require(x.type().isInteger(), "needs whole numbers, not " + x);
    int bits = x.type().bits();
    boolean signed = x.type().kind() == ElementType.Kind.SIGNED;
    return combine(
        call,
        x,
        call.in(1),
        (_, _) -> 0,
        (v, by) -> {
          if (by < 0 || by >= bits) {
            return !left && signed && v < 0 ? -1 : 0;
          }
          return left ? v << by : signed ? v >> by : v >>> by;
        });
  }

  private static NdArray prelu(Call call) {
    NdArray x = call.in(0);
    NdArray slope = call.in(1);
    // old operator sets: one slope per channel
    if (call.opset() < 7 && slope.rank() == 1 && slope.count() > 1 && x.rank() > 2) {
      long[] dims = new long[x.rank() - 1];
      Arrays.fill(dims, 1);
      dims[0] = slope.count();
      slope = slope.reshape(Shape.of(dims));
    }
    return combine(call, x, slope, (v, s) -> v < 0 ? v * s : v, (v, s) -> v < 0 ? v * s : v);
  }
}
