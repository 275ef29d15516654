package org.diffusionnft.tensor;

/** Elementwise operations: check shapes, allocate the result and call the device's kernel. */
public final class Elementwise {
  private Elementwise() {}

  /** {@code x + y}, broadcasting. */
  public static Tensor add(Tensor x, Tensor y) {
    return binary(BinaryOp.ADD, x, y);
  }

  /** {@code x - y}, broadcasting. */
  public static Tensor sub(Tensor x, Tensor y) {
    return binary(BinaryOp.SUB, x, y);
  }

  /** {@code x * y}, broadcasting. */
  public static Tensor mul(Tensor x, Tensor y) {
    return binary(BinaryOp.MUL, x, y);
  }

  /** {@code x / y}, broadcasting. */
  public static Tensor div(Tensor x, Tensor y) {
    return binary(BinaryOp.DIV, x, y);
  }

  /** {@code factor * x}. */
  public static Tensor scale(Tensor x, double factor) {
    return unary(UnaryOp.AFFINE, factor, 0, x);
  }

  /** {@code factor * x + addend}. */
  public static Tensor affine(Tensor x, double factor, double addend) {
    return unary(UnaryOp.AFFINE, factor, addend, x);
  }

  /** {@code x op y}, broadcasting by NumPy's rules. */
  public static Tensor binary(BinaryOp op, Tensor x, Tensor y) {
    Device device = Operands.common(x, y);
    Tensor out = device.allocate(DType.arithmetic(x, y), Shape.broadcast(x.shape(), y.shape()));
    device.elementwise().binary(op, x, y, out);
    return out;
  }

  /**
   * {@code target += x}, in place.
   *
   * @throws IllegalArgumentException if {@code x} does not broadcast to the shape of {@code target}
   */
  public static void addInPlace(Tensor target, Tensor x) {
    Device device = Operands.common(target, x);
    if (!Shape.broadcast(target.shape(), x.shape()).equals(target.shape())) {
      throw new IllegalArgumentException(
          "cannot add shape " + x.shape() + " into shape " + target.shape());
    }
    device.elementwise().binary(BinaryOp.ADD, target, x, target);
  }

  /** {@code f(x)} for a function without parameters. */
  public static Tensor unary(UnaryOp op, Tensor x) {
    return unary(op, 0, 0, x);
  }

  /** {@code f(x)}; {@code a} and {@code b} are the parameters {@link UnaryOp} names. */
  public static Tensor unary(UnaryOp op, double a, double b, Tensor x) {
    Tensor out = x.device().allocate(DType.arithmetic(x), x.shape());
    x.device().elementwise().unary(op, a, b, x, out);
    return out;
  }

  /** {@code gradOut * f'(x)}. */
  public static Tensor unaryGrad(UnaryOp op, double a, double b, Tensor x, Tensor gradOut) {
    Device device = Operands.common(x, gradOut);
    Operands.requireSame(x, gradOut);
    Tensor out = device.allocate(DType.arithmetic(x, gradOut), x.shape());
    device.elementwise().unaryGrad(op, a, b, x, gradOut, out);
    return out;
  }

  /** {@code condition != 0 ? x : y}; all of one shape. */
  public static Tensor select(Tensor condition, Tensor x, Tensor y) {
    Device device = Operands.common(condition, x, y);
    Operands.requireSame(condition, x);
    Operands.requireSame(x, y);
    Tensor out = device.allocate(DType.arithmetic(x, y), x.shape());
    device.elementwise().select(condition, x, y, out);
    return out;
  }

  /**
   * {@code residual + gate * x} with {@code residual} and {@code x} {@code [B, T, C]}, {@code gate}
   * {@code [B, C]}.
   */
  public static Tensor gatedAdd(Tensor residual, Tensor gate, Tensor x) {
    Device device = Operands.common(residual, gate, x);
    Operands.requireSame(residual, x);
    if (x.shape().rank() != 3 || !gate.shape().equals(Shape.of(x.dim(0), x.dim(2)))) {
      throw new IllegalArgumentException(
          "gatedAdd needs x [B, T, C] and gate [B, C], not " + x.shape() + " and " + gate.shape());
    }
    Tensor out = device.allocate(DType.arithmetic(residual, gate, x), x.shape());
    device.elementwise().gatedAdd(residual, gate, x, out);
    return out;
  }

  /** The elements rounded or widened to another dtype. */
  public static Tensor convert(Tensor x, DType dtype) {
    Tensor out = x.device().allocate(dtype, x.shape());
    x.device().elementwise().convert(x, out);
    return out;
  }

  /** A copy with memory of its own. */
  public static Tensor copy(Tensor x) {
    return convert(x, x.dtype());
  }
}
