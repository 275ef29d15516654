package org.diffusionnft.tensor;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The precision of matrix products and attention, however their operands are stored. Sums are
 * always F32.
 */
public enum Precision {
  /** Operands unrounded, half precision widened: ordinary F32 arithmetic. */
  F32,

  /**
   * Operands rounded to BF16, ties to even: half the memory traffic, and twice the speed where the
   * processor has the instructions. Attention probabilities are rounded too. Same as PyTorch's
   * {@code autocast}, except that results are not rounded.
   */
  BF16;

  /** The name on the command line and in settings: {@code f32}, {@code bf16}. */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The precision with this name.
   *
   * @throws InvalidInputException if there is none, naming those there are
   */
  public static Precision named(String name) {
    for (Precision precision : values()) {
      if (precision.option().equals(name)) {
        return precision;
      }
    }
    throw new InvalidInputException(
        "precision must be one of "
            + Arrays.stream(values()).map(Precision::option).collect(Collectors.joining(", "))
            + ", not '"
            + name
            + "'");
  }

  /**
   * The operand in this precision: itself, or a rounded copy in the innermost scope.
   *
   * @throws IllegalArgumentException for F64 and integers, which are not rounded
   */
  public Tensor rounded(Tensor operand) {
    if (this == F32 || operand.dtype() == DType.BF16) {
      return operand;
    }
    if (operand.dtype() != DType.F32 && operand.dtype() != DType.F16) {
      throw new IllegalArgumentException(
          "products in BF16 take F32, BF16 and F16, not " + operand.dtype());
    }
    return Elementwise.convert(operand, DType.BF16);
  }
}
