package org.diffusionnft.onnx.operator;

import java.util.List;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.SmallFloats;
import org.jspecify.annotations.Nullable;

/** Quantization of numbers to small integers with a scale, and products of these. */
final class Quantization {
  private Quantization() {}

  static List<Row> rows() {
    return List.of(
        Row.one("QuantizeLinear", Quantization::quantize),
        Row.one("DequantizeLinear", Quantization::dequantize),
        Row.of("DynamicQuantizeLinear", Quantization::dynamic),
        Row.one("MatMulInteger", Quantization::matmulInteger),
        Row.one("ConvInteger", Quantization::convInteger),
        Row.one("QLinearMatMul", Quantization::quantizedMatmul),
        Row.one("QLinearConv", Quantization::quantizedConv));
  }

  /** The index of each element's scale: one for all, one per entry of an axis, or one per block. */
  private static int[] places(Call call, NdArray x, NdArray scale) {
    if (scale.count() == 1) {
      return new int[x.count()];
    }
    long block = call.integer("block_size", 0);
    int axis = call.axis("axis", 1, x.rank());
    int[] places = new int[x.count()];
    int inner = Strided.product(x.shape(), axis + 1, x.rank());
    int size = x.dim(axis);
    if (block <= 0) {
      call.require(
          scale.count() == size, "has scales %s for axis %d of %s".formatted(scale, axis, x));
      for (int i = 0; i < places.length; i++) {
        places[i] = i / inner % size;
      }
      return places;
    }
    long blocks = Math.ceilDiv(size, block);
    call.require(
        scale.rank() == x.rank() && scale.shape().equals(x.shape().with(axis, blocks)),
        "has scales %s for %s in blocks of %d".formatted(scale, x, block));
    for (int i = 0; i < places.length; i++) {
      int at = i / inner % size / (int) block;
      places[i] = (int) ((i / inner / size * blocks + at) * inner + i % inner);
    }
    return places;
  }

  private static NdArray quantize(Call call) {
    NdArray x = call.in(0);
    NdArray scale = call.in(1);
    NdArray zero = call.optional(2);
    ElementType type = zero == null ? ElementType.UINT8 : zero.type();
    if (zero == null && call.integer("output_dtype", 0) != 0) {
      type = Casting.type(call, "output_dtype");
    }
    int[] places = places(call, x, scale);
    double[] values = x.toDoubles();
    double[] scales = scale.toDoubles();
    double[] zeros = zero == null ? new double[scales.length] : zero.toDoubles();
    boolean saturate = call.flag("saturate", true);
    ElementType precision =
        call.integer("precision", 0) != 0 ? Casting.type(call, "precision") : x.type();
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      double ratio = values[i] / scales[places[i]];
      ratio = precision.kind() == ElementType.Kind.FLOATS ? (float) ratio : ratio;
      ratio = precision.bits() == 16 ? SmallFloats.round(precision, (float) ratio) : ratio;
      if (type.isInteger()) {
        out[i] =
            Unary.clamp(
                Math.rint(ratio) + zeros[places[i]],
                (double) Integers.least(type),
                (double) Integers.greatest(type));
      } else {
        double shifted = type == ElementType.FLOAT4E2M1 ? ratio + zeros[places[i]] : ratio;
        out[i] = SmallFloats.round(type, (float) shifted, saturate, SmallFloats.Rounding.NEAREST);
      }
    }
    return NdArray.ofDoubles(type, x.shape(), out);
  }

  private static NdArray dequantize(Call call) {
    NdArray x = call.in(0);
    NdArray scale = call.in(1);
    NdArray zero = call.optional(2);
    int[] places = places(call, x, scale);
    double[] values = x.toDoubles();
    double[] scales = scale.toDoubles();
    double[] zeros = zero == null ? new double[scales.length] : zero.toDoubles();
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (values[i] - zeros[places[i]]) * scales[places[i]];
    }
    ElementType type =
        call.integer("output_dtype", 0) != 0 ? Casting.type(call, "output_dtype") : scale.type();
    return NdArray.ofDoubles(type, x.shape(), out);
  }

  private static List<Value> dynamic(Call call) {
    NdArray x = call.in(0);
    double low = 0;
    double high = 0;
    for (double v : x.toDoubles()) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
    float scale = (float) ((high - low) / 255);
    double zero = scale == 0 ? 0 : Unary.clamp(Math.rint(-low / scale), 0, 255);
    double[] out = x.toDoubles();
    for (int i = 0; i < out.length; i++) {
      out[i] = scale == 0 ? 0 : Unary.clamp(Math.rint((float) out[i] / scale) + zero, 0, 255);
    }
    return List.of(
        NdArray.ofDoubles(ElementType.UINT8, x.shape(), out),
        NdArray.floats(Shape.of(), new float[] {scale}),
        NdArray.ofDoubles(ElementType.UINT8, Shape.of(), new double[] {zero}));
  }

  /** An array of integers minus its zero points, which may be one per row or column. */
  private static NdArray centered(Call call, NdArray x, @Nullable NdArray zero, boolean rows) {
    call.require(x.type().isInteger(), "needs whole numbers, not " + x);
    long[] from = x.longs();
    long[] zeros = zero == null ? new long[1] : zero.longs();
    int lines = x.rank() < 2 ? 1 : x.dim(rows ? -2 : -1);
    call.require(
        zeros.length == 1
            || zeros.length == lines
            || zeros.length == x.count() / Math.max(1, x.dim(-1)),
        "has zero points that do not fit " + x);
    long[] out = new long[from.length];
    int columns = x.rank() == 0 ? 1 : Math.max(1, x.dim(-1));
    for (int i = 0; i < out.length; i++) {
      int line = rows ? i / columns % zeros.length : i % columns % zeros.length;
      out[i] = from[i] - zeros[zeros.length == 1 ? 0 : line];
    }
    return NdArray.of(ElementType.INT32, x.shape(), out);
  }

  private static NdArray matmulInteger(Call call) {
    return Products.matmul(
        call,
        centered(call, call.in(0), call.optional(2), true),
        centered(call, call.in(1), call.optional(3), false));
  }

  private static NdArray convInteger(Call call) {
    NdArray x = centered(call, call.in(0), call.optional(2), true);
    NdArray w = weights(call, call.in(1), call.optional(3));
    return Convolution.convolve(call, x, w, null);
  }

  /** Filters minus their zero points. */
  private static NdArray weights(Call call, NdArray w, @Nullable NdArray zero) {
    call.require(w.type().isInteger(), "needs whole numbers, not " + w);
    long[] zeros = zero == null ? new long[1] : zero.longs();
    call.require(
        zeros.length == 1 || zeros.length == w.dim(0), "has zero points that do not fit " + w);
    long[] out = new long[w.count()];
    int size = w.dim(0) == 0 ? 1 : w.count() / w.dim(0);
    for (int i = 0; i < out.length; i++) {
      out[i] = w.longs()[i] - zeros[zeros.length == 1 ? 0 : i / size];
    }
    return NdArray.of(ElementType.INT32, w.shape(), out);
  }

  private static NdArray quantizedMatmul(Call call) {
    NdArray product =
        Products.matmul(
            call,
            centered(call, call.in(0), call.in(2), true),
            centered(call, call.in(3), call.in(5), false));
    double a = call.scalar(1);
    double b = call.scalar(4);
    double y = call.scalar(6);
    NdArray zero = call.in(7);
    return requantized(product, _ -> a * b / y, zero);
  }

  private static NdArray quantizedConv(Call call) {
    NdArray x = centered(call, call.in(0), call.in(2), true);
    NdArray w = weights(call, call.in(3), call.in(5));
    NdArray product = Convolution.convolve(call, x, w, call.optional(8));
    double a = call.scalar(1);
    double[] b = call.in(4).toDoubles();
    double y = call.scalar(6);
    int filters = w.dim(0);
    call.require(b.length == 1 || b.length == filters, "needs a scale for each filter");
    int inner = Strided.product(product.shape(), 2, product.rank());
    return requantized(
        product, i -> a * b[b.length == 1 ? 0 : i / inner % filters] / y, call.in(7));
  }

  private interface Factor {
    double of(int element);
  }

  private static NdArray requantized(NdArray product, Factor factor, NdArray zero) {
    double[] out = product.toDoubles();
    double shift = zero.toDoubles()[0];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          Unary.clamp(
              Math.rint(out[i] * factor.of(i)) + shift,
              (double) Integers.least(zero.type()),
              (double) Integers.greatest(zero.type()));
    }
    return NdArray.ofDoubles(zero.type(), product.shape(), out);
  }
}
