package org.diffusionnft.verify;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * Conversions between F32, BF16 and F16, bit by bit; any NaN matches any NaN, as PyTorch's own code
 * paths differ there.
 */
final class DTypeConversionCase implements CaseKind {
  private record Conversion(String input, DType from, DType to, String output) {}

  private static final List<Conversion> CONVERSIONS =
      List.of(
          new Conversion("float_bits", DType.F32, DType.BF16, "f32_to_bf16_bits"),
          new Conversion("float_bits", DType.F32, DType.F16, "f32_to_f16_bits"),
          new Conversion("bf16_bits", DType.BF16, DType.F32, "bf16_to_f32_bits"),
          new Conversion("half_bits", DType.F16, DType.F32, "f16_to_f32_bits"));

  @Override
  public String name() {
    return "dtype_conversion";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return CONVERSIONS.stream().anyMatch(c -> folder.expects(c.output()));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (Conversion c : CONVERSIONS) {
      if (folder.expects(c.output())) {
        MemorySegment bits = folder.inputBytes(c.input());
        Tensor from = device.allocate(c.from(), folder.inputs().shape(c.input()));
        device.write(bits, from);
        Tensor converted = Elementwise.convert(from, c.to());
        Tensor actual = device.allocate(bitsOf(c.to()), converted.shape());
        byte[] bytes = new byte[Math.toIntExact(converted.bytes())];
        device.read(converted, MemorySegment.ofArray(bytes));
        device.write(MemorySegment.ofArray(bytes), actual);
        long[] expected = folder.longs(folder.expected(), c.output());
        checks.none(c.output(), wrong(c.to(), actual.toLongs(), expected));
      }
    }
  }

  private static DType bitsOf(DType dtype) {
    return dtype == DType.F32 ? DType.I32 : DType.I16;
  }

  private static long wrong(DType dtype, long[] actual, long[] expected) {
    long wrong = Math.abs(actual.length - expected.length);
    for (int i = 0; i < Math.min(actual.length, expected.length); i++) {
      boolean bothNan = isNan(dtype, actual[i]) && isNan(dtype, expected[i]);
      wrong += actual[i] == expected[i] || bothNan ? 0 : 1;
    }
    return wrong;
  }

  private static boolean isNan(DType dtype, long bits) {
    return switch (dtype) {
      case F32 -> Float.isNaN(Float.intBitsToFloat((int) bits));
      case BF16 -> Float.isNaN(Float.intBitsToFloat((int) bits << 16));
      default -> Float.isNaN(Float.float16ToFloat((short) bits));
    };
  }
}
