package org.diffusionnft.onnx.operator;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongUnaryOperator;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.SmallFloats;
import org.jspecify.annotations.Nullable;

/** Functions of one element. */
final class Unary {
  private Unary() {}

  static List<Row> rows() {
    return List.of(
        onDevice("Abs", UnaryOp.ABS, Math::abs, Math::abs),
        onDevice("Exp", UnaryOp.EXP, Math::exp, null),
        onDevice("Log", UnaryOp.LOG, Math::log, null),
        onDevice("Sqrt", UnaryOp.SQRT, Math::sqrt, null),
        onDevice("Sin", UnaryOp.SIN, Math::sin, null),
        onDevice("Cos", UnaryOp.COS, Math::cos, null),
        onDevice("Tanh", UnaryOp.TANH, Math::tanh, null),
        onDevice("Sigmoid", UnaryOp.SIGMOID, Unary::sigmoid, null),
        onDevice("Relu", UnaryOp.RELU, x -> x < 0 ? 0 : x, x -> Math.max(x, 0)),
        of("Neg", x -> -x, x -> -x),
        of("Sign", Math::signum, Long::signum),
        of("Ceil", Math::ceil, null),
        of("Floor", Math::floor, null),
        of("Round", Math::rint, null),
        of("Reciprocal", x -> 1 / x, null),
        of("Tan", Math::tan, null),
        of("Asin", Math::asin, null),
        of("Acos", Math::acos, null),
        of("Atan", Math::atan, null),
        of("Sinh", Math::sinh, null),
        of("Cosh", Math::cosh, null),
        of("Asinh", Unary::asinh, null),
        of("Acosh", x -> Math.log(x + Math.sqrt(x * x - 1)), null),
        of("Atanh", x -> 0.5 * (Math.log1p(x) - Math.log1p(-x)), null),
        of("Erf", Unary::erf, null),
        of("Softplus", Unary::softplus, null),
        of("Softsign", x -> x / (1 + Math.abs(x)), null),
        onDevice("HardSwish", UnaryOp.HARD_SWISH, x -> x * clamp(x / 6 + 0.5, 0, 1), null),
        of("Mish", x -> x * Math.tanh(softplus(x)), null),
        Row.one("Elu", c -> floating(c, elu(c.number("alpha", 1), 1))),
        Row.one("Celu", c -> floating(c, celu(c.number("alpha", 1)))),
        Row.one(
            "Selu",
            c ->
                floating(
                    c,
                    elu(
                        c.number("alpha", 1.67326319217681884765625f),
                        c.number("gamma", 1.05070102214813232421875f)))),
        Row.one("LeakyRelu", c -> leaky(c, c.number("alpha", 0.01f))),
        Row.one("ThresholdedRelu", c -> thresholded(c, c.number("alpha", 1))),
        Row.one(
            "HardSigmoid", c -> hardSigmoid(c, c.number("alpha", 0.2f), c.number("beta", 0.5f))),
        Row.one("Shrink", c -> shrink(c, c.number("lambd", 0.5f), c.number("bias", 0))),
        Row.one("Swish", c -> swish(c, c.number("alpha", 1))),
        Row.one("Gelu", Unary::gelu),
        Row.one("Not", Unary::not),
        Row.one("BitwiseNot", c -> integers(c, c.in(0), x -> ~x)),
        Row.one("IsNaN", c -> test(c, Double::isNaN)),
        Row.one("IsInf", Unary::isInfinite),
        Row.one("Identity", c -> c.value(0)),
        Row.one("Clip", Unary::clip));
  }

  private static Row of(
      String name, DoubleUnaryOperator function, @Nullable LongUnaryOperator whole) {
    return Row.one(name, c -> map(c, c.in(0), function, whole));
  }

  private static Row onDevice(
      String name, UnaryOp op, DoubleUnaryOperator function, @Nullable LongUnaryOperator whole) {
    return Row.one(
        name,
        c -> {
          NdArray x = c.in(0);
          return x.type() == ElementType.FLOAT && x.count() > 0
              ? NdArray.of(Elementwise.unary(op, x.tensor(c.device())))
              : map(c, x, function, whole);
        });
  }

  private static NdArray floating(Call call, DoubleUnaryOperator function) {
    return map(call, call.in(0), function, null);
  }

  /** Applies a function to every element; results are rounded to the element type. */
  static NdArray map(
      Call call, NdArray x, DoubleUnaryOperator function, @Nullable LongUnaryOperator whole) {
    return switch (x.type().kind()) {
      case FLOATS -> {
        float[] from = x.floats();
        float[] out = new float[from.length];
        boolean narrow = x.type() != ElementType.FLOAT;
        for (int i = 0; i < out.length; i++) {
          float y = (float) function.applyAsDouble(from[i]);
          out[i] = narrow ? SmallFloats.round(x.type(), y) : y;
        }
        yield NdArray.of(x.type(), x.shape(), out);
      }
      case DOUBLES -> {
        double[] from = x.doubles();
        double[] out = new double[from.length];
        for (int i = 0; i < out.length; i++) {
          out[i] = function.applyAsDouble(from[i]);
        }
        yield NdArray.of(x.type(), x.shape(), out);
      }
      case SIGNED, UNSIGNED -> {
        if (whole == null) {
          throw call.wrong("needs floating-point numbers, not " + x);
        }
        yield integers(call, x, whole);
      }
      case STRINGS -> throw call.wrong("needs numbers, not " + x);
    };
  }

  private static NdArray integers(Call call, NdArray x, LongUnaryOperator function) {
    call.require(x.type().isInteger(), "needs whole numbers, not " + x);
    long[] from = x.longs();
    long[] out = new long[from.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Integers.wrap(x.type(), function.applyAsLong(from[i]));
    }
    return NdArray.of(x.type(), x.shape(), out);
  }

  private static NdArray not(Call call) {
    NdArray x = call.in(0);
    call.require(x.type() == ElementType.BOOL, "needs truth values, not " + x);
    return integers(call, x, b -> b == 0 ? 1 : 0);
  }

  private interface Test {
    boolean of(double x);
  }

  private static NdArray test(Call call, Test test) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    double[] from = x.toDoubles();
    long[] out = new long[from.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = test.of(from[i]) ? 1 : 0;
    }
    return NdArray.of(ElementType.BOOL, x.shape(), out);
  }

  private static NdArray isInfinite(Call call) {
    boolean positive = call.flag("detect_positive", true);
    boolean negative = call.flag("detect_negative", true);
    return test(
        call,
        x ->
            (positive && x == Double.POSITIVE_INFINITY)
                || (negative && x == Double.NEGATIVE_INFINITY));
  }

  private static DoubleUnaryOperator elu(double alpha, double gamma) {
    return x -> gamma * (x > 0 ? x : alpha * Math.expm1(x));
  }

  private static DoubleUnaryOperator celu(double alpha) {
    return x -> Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
  }

  private static NdArray leaky(Call call, float alpha) {
    return floating(call, x -> x < 0 ? alpha * x : x);
  }

  private static NdArray thresholded(Call call, float alpha) {
    return floating(call, x -> x > alpha ? x : 0);
  }

  private static NdArray hardSigmoid(Call call, float alpha, float beta) {
    NdArray x = call.in(0);
    if (x.type() == ElementType.FLOAT && x.isOnDevice() && x.count() > 0) {
      Tensor line = Elementwise.affine(x.tensor(call.device()), alpha, beta);
      line.device().elementwise().unary(UnaryOp.CLAMP, 0, 1, line, line);
      return NdArray.of(line);
    }
    return floating(call, v -> clamp(alpha * v + beta, 0, 1));
  }

  private static NdArray shrink(Call call, float lambda, float bias) {
    DoubleUnaryOperator function = x -> x < -lambda ? x + bias : x > lambda ? x - bias : 0;
    return map(call, call.in(0), function, x -> (long) function.applyAsDouble((double) x));
  }

  private static NdArray swish(Call call, float alpha) {
    return floating(call, x -> x * sigmoid(alpha * x));
  }

  private static NdArray gelu(Call call) {
    boolean tanh = call.choice("approximate", "none", "none", "tanh").equals("tanh");
    UnaryOp op = tanh ? UnaryOp.GELU_TANH : UnaryOp.GELU_ERF;
    NdArray x = call.in(0);
    return x.type() == ElementType.FLOAT && x.count() > 0
        ? NdArray.of(Elementwise.unary(op, x.tensor(call.device())))
        : floating(call, v -> op.value(v, 0, 0));
  }

  private static NdArray clip(Call call) {
    NdArray x = call.in(0);
    boolean attributes = call.opset() < 11;
    double low = Double.NEGATIVE_INFINITY;
    double high = Double.POSITIVE_INFINITY;
    if (attributes) {
      low = call.number("min", -Float.MAX_VALUE);
      high = call.number("max", Float.MAX_VALUE);
    } else {
      low = call.has(1) ? call.scalar(1) : low;
      high = call.has(2) ? call.scalar(2) : high;
    }
    if (x.type() == ElementType.FLOAT && x.count() > 0) {
      return NdArray.of(Elementwise.unary(UnaryOp.CLAMP, low, high, x.tensor(call.device())));
    }
    double a = low;
    double b = high;
    return map(
        call, x, v -> Math.min(Math.max(v, a), b), v -> v > b ? (long) b : v < a ? (long) a : v);
  }

  static double clamp(double x, double low, double high) {
    return Math.min(Math.max(x, low), high);
  }

  static double sigmoid(double x) {
    double e = Math.exp(-Math.abs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
  }

  static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  /** Computed from the GELU, which is {@code x/2 (1 + erf(x / sqrt(2)))}. */
  private static double erf(double x) {
    double v = x * Math.sqrt(2);
    return v == 0 ? 0 : 2 * UnaryOp.GELU_ERF.value(v, 0, 0) / v - 1;
  }

  private static double asinh(double x) {
    double a = Math.abs(x);
    return Math.copySign(Math.log1p(a + a * a / (1 + Math.sqrt(a * a + 1))), x);
  }
}
