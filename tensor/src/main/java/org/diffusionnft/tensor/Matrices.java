package org.diffusionnft.tensor;

import org.diffusionnft.tensor.MatrixKernels.Product;
import org.jspecify.annotations.Nullable;

/** Matrix products. */
public final class Matrices {
  private Matrices() {}

  /**
   * {@code a b}; leading dimensions are batches, and a {@code b} of rank 2 is used for all of them.
   */
  public static Tensor matmul(Tensor a, Tensor b) {
    return matmul(a, b, null, Product.NN);
  }

  /**
   * The linear layer {@code x Wᵀ + bias}.
   *
   * @param x {@code [.., K]}
   * @param weight {@code [N, K]}; F32, BF16 or F16
   * @param bias {@code [N]} or null
   * @return {@code [.., N]}
   */
  public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return linear(x, weight, bias, Product.NT);
  }

  /** {@link #linear(Tensor, Tensor, Tensor)} with the other options of a product. */
  public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias, Product product) {
    Tensor rows = x.reshape(-1, x.dim(-1));
    Tensor out = matmul(rows, weight, bias, product);
    return out.reshape(x.shape().withTail(1, out.dim(-1)));
  }

  /**
   * A matrix product with all its options.
   *
   * @throws IllegalArgumentException if the shapes don't fit
   */
  public static Tensor matmul(Tensor a, Tensor b, @Nullable Tensor bias, Product product) {
    Device device = Operands.common(a, b, bias);
    Shape shape = productShape(a.shape(), b.shape(), product);
    if (bias != null && !bias.shape().equals(Shape.of(shape.dim(-1)))) {
      throw new IllegalArgumentException(
          "bias of shape " + bias.shape() + " does not fit " + shape.dim(-1) + " columns");
    }
    Tensor out = device.allocate(DType.arithmetic(a, b), shape);
    multiply(a, b, bias, product, out);
    return out;
  }

  /**
   * {@code out += scale * op(a) op(b)}.
   *
   * @throws IllegalArgumentException if the shapes don't fit
   */
  public static void addProduct(Tensor a, Tensor b, Product product, Tensor out) {
    productInto(a, b, product.accumulating(), out);
  }

  /**
   * {@code out = scale * op(a) op(b)} into existing memory.
   *
   * @throws IllegalArgumentException if the shapes don't fit
   */
  public static void productInto(Tensor a, Tensor b, Product product, Tensor out) {
    Operands.common(a, b, out);
    Shape shape = productShape(a.shape(), b.shape(), product);
    if (!shape.equals(out.shape())) {
      throw new IllegalArgumentException(
          "a product of shape " + shape + " does not fit into shape " + out.shape());
    }
    multiply(a, b, null, product, out);
  }

  /**
   * A weight with a low-rank adapter merged in, {@code W + scale · B A}, in the type of {@code A}
   * and the shape of {@code W}. Product, factor and sum are each rounded, as PEFT does.
   *
   * @param weight {@code [N, K]}, or {@code [N, ..]} with as many elements
   * @param a {@code [r, K]}, or {@code [r, ..]}
   * @param b {@code [N, r]}, or with trailing dimensions of 1
   */
  public static Tensor lowRankSum(Tensor weight, Tensor a, Tensor b, double scale) {
    Operands.common(weight, a, b);
    Tensor out = Elementwise.convert(weight, a.dtype());
    try (Memory.Scope scope = out.device().memory().scope()) {
      Tensor product = matmul(b.reshape(b.dim(0), b.dim(1)), a.reshape(a.dim(0), -1));
      Elementwise.addInPlace(out, Elementwise.scale(product, scale).reshape(weight.shape()));
    }
    return out;
  }

  private static void multiply(
      Tensor a, Tensor b, @Nullable Tensor bias, Product product, Tensor out) {
    Tensor x = product.precision().rounded(a);
    Tensor y = a == b ? x : product.precision().rounded(b);
    out.device().matrices().matmul(x, y, bias, product, out);
    if (x != a) {
      x.release();
    }
    if (y != b && y != x) {
      y.release();
    }
  }

  /** The transpose of the last two axes, copied. */
  public static Tensor transpose(Tensor x) {
    int rank = x.shape().rank();
    int[] dims = new int[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = i;
    }
    dims[rank - 1] = rank - 2;
    dims[rank - 2] = rank - 1;
    return Layout.permute(x, dims);
  }

  private static Shape productShape(Shape a, Shape b, Product product) {
    if (a.rank() < 2 || b.rank() < 2) {
      throw new IllegalArgumentException(
          "matrix products need rank 2 or more, not shapes " + a + " and " + b);
    }
    long m = a.dim(product.transposeA() ? -1 : -2);
    long k = a.dim(product.transposeA() ? -2 : -1);
    long n = b.dim(product.transposeB() ? -2 : -1);
    boolean batches = b.rank() == 2 || a.withTail(2).equals(b.withTail(2));
    if (b.dim(product.transposeB() ? -1 : -2) != k || !batches) {
      throw new IllegalArgumentException(
          "shapes "
              + a
              + (product.transposeA() ? " transposed" : "")
              + " and "
              + b
              + (product.transposeB() ? " transposed" : "")
              + " do not multiply");
    }
    return a.withTail(2, m, n);
  }
}
