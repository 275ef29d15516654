package org.diffusionnft.tensor;

import org.jspecify.annotations.Nullable;

/** Matrix products. */
public interface MatrixKernels {

  /**
   * The options of a product.
   *
   * @param transposeA {@code a} is stored {@code [.., K, M]}
   * @param transposeB {@code b} is stored {@code [.., N, K]}, as weights of linear layers are
   * @param scale factor applied to the product
   * @param accumulate add to {@code out} instead of overwriting it
   * @param activation applied last, or null; not together with {@code accumulate}
   * @param precision the precision of the operands; kernels receive them already rounded to it
   */
  record Product(
      boolean transposeA,
      boolean transposeB,
      double scale,
      boolean accumulate,
      @Nullable UnaryOp activation,
      Precision precision) {
    /** {@code a b}. */
    public static final Product NN = new Product(false, false, 1, false, null, Precision.F32);

    /** {@code a bᵀ}. */
    public static final Product NT = new Product(false, true, 1, false, null, Precision.F32);

    /** {@code aᵀ b}. */
    public static final Product TN = new Product(true, false, 1, false, null, Precision.F32);

    /** The same product, times {@code factor}. */
    public Product scaled(double factor) {
      return new Product(transposeA, transposeB, scale * factor, accumulate, activation, precision);
    }

    /** The same product, added to the output. */
    public Product accumulating() {
      return new Product(transposeA, transposeB, scale, true, activation, precision);
    }

    /** The same product with an activation. */
    public Product activated(UnaryOp function) {
      return new Product(transposeA, transposeB, scale, accumulate, function, precision);
    }

    /** The same product without an activation. */
    public Product plain() {
      return new Product(transposeA, transposeB, scale, accumulate, null, precision);
    }

    /** The same product with operands rounded to this precision. */
    public Product in(Precision rounded) {
      return new Product(transposeA, transposeB, scale, accumulate, activation, rounded);
    }
  }

  /**
   * {@code out = activation(scale * op(a) op(b) + bias)}, or {@code out += ...}. With {@link
   * Precision#BF16} both a and b are BF16, and sums are still F32.
   *
   * @param a {@code [.., M, K]} (or {@code [.., K, M]}); F32, BF16 or F16
   * @param b {@code [.., K, N]} (or {@code [.., N, K]}) with the same leading dimensions, or rank 2
   *     and used for all of them; F32, BF16 or F16
   * @param bias {@code [N]} or null; F32, BF16 or F16
   * @param out {@code [.., M, N]}
   */
  void matmul(Tensor a, Tensor b, @Nullable Tensor bias, Product product, Tensor out);
}
