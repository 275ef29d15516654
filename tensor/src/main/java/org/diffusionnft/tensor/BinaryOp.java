package org.diffusionnft.tensor;

import java.util.function.DoubleBinaryOperator;

/** Functions of two elements, one per row, evaluated at one point in double precision. */
@SuppressWarnings("ImmutableEnumChecker") // the functions are stateless
public enum BinaryOp {
  ADD((x, y) -> x + y),
  SUB((x, y) -> x - y),
  MUL((x, y) -> x * y),
  DIV((x, y) -> x / y),
  MAX(Math::max),
  MIN(Math::min),

  /** 1 where {@code x > y}, else 0. */
  GREATER((x, y) -> x > y ? 1 : 0),

  /** 1 where {@code x >= y}, else 0. */
  GREATER_EQUAL((x, y) -> x >= y ? 1 : 0),

  /** 1 where {@code x == y}, else 0. */
  EQUAL((x, y) -> x == y ? 1 : 0);

  private final DoubleBinaryOperator value;

  BinaryOp(DoubleBinaryOperator value) {
    this.value = value;
  }

  /** {@code x op y}. */
  public double value(double x, double y) {
    return value.applyAsDouble(x, y);
  }
}
