package org.diffusionnft.onnx.operator;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.tensor.HalfPrecision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.OnnxTensor;
import org.diffusionnft.weights.onnx.SmallFloats;
import org.diffusionnft.weights.onnx.SmallFloats.Rounding;

/** Conversions of elements to other types. */
final class Casting {
  private Casting() {}

  static List<Row> rows() {
    return List.of(
        Row.one("Cast", c -> cast(c, c.in(0), type(c, "to"))),
        Row.one("CastLike", c -> cast(c, c.in(0), c.in(1).type())),
        Row.one("BitCast", Casting::bitCast));
  }

  /** The element type that an attribute names. */
  static ElementType type(Call call, String attribute) {
    return ElementType.of(call.integer(attribute), call.title());
  }

  private static NdArray cast(Call call, NdArray x, ElementType to) {
    if (x.type() == to) {
      return x;
    }
    if (x.type() == ElementType.STRING) {
      return ofStrings(call, x, to);
    }
    if (to == ElementType.STRING) {
      return toStrings(x);
    }
    if (to.kind() == ElementType.Kind.FLOATS) {
      return floats(call, x, to);
    }
    if (x.type().isInteger() && to.isInteger()) {
      long[] from = x.longs();
      long[] out = new long[from.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = Integers.wrap(to, from[i]);
      }
      return NdArray.of(to, x.shape(), out);
    }
    return NdArray.ofDoubles(to, x.shape(), x.toDoubles());
  }

  private static NdArray floats(Call call, NdArray x, ElementType to) {
    boolean saturate = call.flag("saturate", true);
    Rounding rounding =
        switch (call.choice("round_mode", "up", "up", "down", "nearest")) {
          case "up" -> Rounding.UP;
          case "down" -> Rounding.DOWN;
          default -> Rounding.NEAREST_UP;
        };
    double[] from = x.toDoubles();
    float[] out = new float[from.length];
    for (int i = 0; i < out.length; i++) {
      float v = (float) from[i];
      out[i] =
          to.bits() > 8
              ? SmallFloats.round(to, v)
              : SmallFloats.round(
                  to, v, saturate, to == ElementType.FLOAT8E8M0 ? rounding : Rounding.NEAREST);
    }
    return NdArray.of(to, x.shape(), out);
  }

  private static NdArray ofStrings(Call call, NdArray x, ElementType to) {
    String[] from = x.strings();
    double[] numbers = new double[from.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number(call, from[i]);
    }
    return NdArray.ofDoubles(to, x.shape(), numbers);
  }

  private static double number(Call call, String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    return switch (lower) {
      case "inf", "+inf", "infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> {
        try {
          yield Double.parseDouble(lower);
        } catch (NumberFormatException _) {
          throw call.wrong("casts the text " + InvalidFileException.quote(text) + " to a number");
        }
      }
    };
  }

  private static NdArray toStrings(NdArray x) {
    String[] out = new String[x.count()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (x.type().kind()) {
            case FLOATS -> text(x.floats()[i], Float.toString(x.floats()[i]));
            case DOUBLES -> text(x.doubles()[i], Double.toString(x.doubles()[i]));
            case SIGNED -> Long.toString(x.longs()[i]);
            case UNSIGNED -> Long.toUnsignedString(x.longs()[i]);
            case STRINGS -> x.strings()[i];
          };
    }
    return NdArray.of(ElementType.STRING, x.shape(), out);
  }

  /** As Python prints numbers: {@code 0.0001}, {@code 1e-05}, {@code inf}. */
  private static String text(double value, String shortest) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    BigDecimal exact = new BigDecimal(shortest);
    double magnitude = Math.abs(value);
    if (value == 0 || (magnitude >= 1e-4 && magnitude < 1e16)) {
      String plain = exact.stripTrailingZeros().toPlainString();
      String whole = plain.contains(".") ? plain : plain + ".0";
      return value == 0 && 1 / value < 0 ? "-0.0" : whole;
    }
    String digits = exact.unscaledValue().abs().toString().replaceAll("0+$", "");
    int exponent = exact.precision() - exact.scale() - 1;
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return "%s%se%s%02d"
        .formatted(value < 0 ? "-" : "", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  private static NdArray bitCast(Call call) {
    NdArray x = call.in(0);
    ElementType to = type(call, "to");
    call.require(
        x.type().bits() == to.bits() && to.bits() >= 8,
        "needs types of as many bits, not %s and %s".formatted(x.type(), to));
    ByteBuffer bytes =
        ByteBuffer.allocate(x.count() * to.bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < x.count(); i++) {
      put(call, x, i, bytes);
    }
    return NdArray.of(
        to,
        x.shape(),
        new OnnxTensor("", to, Shape.of(x.shape().dims()), bytes.flip(), null).array());
  }

  private static void put(Call call, NdArray x, int i, ByteBuffer to) {
    switch (x.type()) {
      case FLOAT -> to.putFloat(x.floats()[i]);
      case DOUBLE -> to.putDouble(x.doubles()[i]);
      case FLOAT16 -> to.putShort(Float.floatToFloat16(x.floats()[i]));
      case BFLOAT16 -> to.putShort(HalfPrecision.floatToBf16(x.floats()[i]));
      default -> {
        if (!x.type().isInteger()) {
          throw call.unsupported("takes the bits of " + x.type() + ", which is not supported");
        }
        long value = x.longs()[i];
        for (int b = 0; b < x.type().bits(); b += 8) {
          to.put((byte) (value >> b));
        }
      }
    }
  }
}
