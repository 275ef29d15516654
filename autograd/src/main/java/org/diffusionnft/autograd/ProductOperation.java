package org.diffusionnft.autograd;

import org.diffusionnft.tensor.Attention;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/** Matrix products. */
sealed interface ProductOperation extends Operation {

  /** {@code scale * op(a) op(b)}; not differentiable with an activation. */
  record Matmul(Product product) implements ProductOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Matrices.matmul(in[0], in[1], null, product));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor gradient, Contributions to) {
      Tensor g = product.precision().rounded(gradient);
      Tensor a = in[0];
      Tensor b = in[1];
      boolean ta = product.transposeA();
      boolean tb = product.transposeB();
      double s = product.scale();
      boolean shared = b.shape().rank() == 2 && a.shape().rank() > 2;
      Product gb = scaled(false, !tb, s);
      if (!ta) {
        to.give(0, () -> Matrices.matmul(g, b, null, gb));
      } else if (shared) {
        to.give(0, () -> Matrices.transpose(Matrices.matmul(g, b, null, gb)));
      } else {
        to.give(0, () -> Matrices.matmul(b, g, null, scaled(tb, true, s)));
      }
      boolean flat = shared && !ta;
      Tensor as = flat ? rows(a) : a;
      Tensor gs = flat ? rows(g) : g;
      if (tb) {
        to.give(1, () -> Matrices.matmul(gs, as, null, scaled(true, ta, s)));
      } else {
        to.give(1, () -> Matrices.matmul(as, gs, null, scaled(!ta, false, s)));
      }
    }

    @Override
    public Reads reads() {
      return Reads.OTHER_FACTOR;
    }

    private Product scaled(boolean transposeA, boolean transposeB, double scale) {
      return new Product(transposeA, transposeB, scale, false, null, product.precision());
    }
  }

  /** {@code x Wᵀ [+ bias]} of x, W and an optional bias; not differentiable with an activation. */
  record Linear(@Nullable UnaryOp activation, Precision precision) implements ProductOperation {
    @Override
    public Result forward(Tensor... in) {
      Product plain = Product.NT.in(precision);
      Product product = activation == null ? plain : plain.activated(activation);
      return new Result(Matrices.linear(in[0], in[1], in.length > 2 ? in[2] : null, product));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Tensor gs = precision.rounded(rows(g));
      to.give(0, () -> Matrices.matmul(gs, in[1], null, Product.NN.in(precision)));
      to.give(1, () -> Matrices.matmul(gs, rows(in[0]), null, Product.TN.in(precision)));
      to.give(2, () -> Reductions.sum(rows(g), 0));
    }

    @Override
    public Reads reads() {
      return Reads.OTHER_FACTOR;
    }
  }

  /** {@code x Wᵀ [+ bias] + scale (x Aᵀ) Bᵀ} of x, W, A, B and an optional bias. */
  record LowRankLinear(double scale, Precision precision) implements ProductOperation {

    /**
     * The low-rank product is accumulated into the full one, so no second tensor of that size is
     * made.
     */
    @Override
    public Result forward(Tensor... in) {
      Tensor x = in[0];
      Product product = Product.NT.in(precision);
      Tensor out = Matrices.linear(x, in[1], in.length > 4 ? in[4] : null, product);
      Tensor hidden = Matrices.matmul(rows(x), in[2], null, product);
      Matrices.addProduct(hidden, in[3], product.scaled(scale), rows(out));
      return new Result(out, hidden);
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Tensor gs = precision.rounded(rows(g));
      Tensor rows = rows(in[0]);
      Tensor hidden = made.saved().getFirst();
      Product plain = Product.NN.in(precision);
      Product across = Product.TN.in(precision);
      if (to.needs(0) || to.needs(2)) {
        Tensor gradHidden = Matrices.matmul(gs, in[3], null, plain.scaled(scale));
        to.give(
            0,
            () -> {
              Tensor gradX = Matrices.matmul(gs, in[1], null, plain);
              Matrices.addProduct(gradHidden, in[2], plain, gradX);
              return gradX;
            });
        to.give(2, () -> Matrices.matmul(gradHidden, rows, null, across));
      }
      to.give(1, () -> Matrices.matmul(gs, rows, null, across));
      to.give(3, () -> Matrices.matmul(gs, hidden, null, across.scaled(scale)));
      to.give(4, () -> Reductions.sum(rows(g), 0));
    }

    @Override
    public Reads reads() {
      return Reads.of((i, needed) -> i > 0 || needed.test(1) || needed.test(2));
    }
  }

  /**
   * {@code x (W + scale B A)ᵀ [+ bias]} of x, W, A, B and an optional bias: the same as {@link
   * LowRankLinear}, with another order of summation.
   */
  record MergedLinear(double scale) implements ProductOperation {

    /**
     * Whether merging takes fewer multiply-adds, forward and backward, than separate factors: it
     * does with many rows and a rank that is not small compared with the weight.
     *
     * @param rows number of rows of x
     * @param n output features
     * @param k input features
     */
    static boolean pays(long rows, long n, long k, long rank) {
      long apart = rows * (2 * n * k + 3 * rank * (n + k));
      long merged = rows * 3 * n * k + 3 * n * k * rank;
      return merged < apart;
    }

    @Override
    public Result forward(Tensor... in) {
      Tensor weight = Matrices.lowRankSum(in[1], in[2], in[3], scale);
      Tensor out = Matrices.linear(in[0], weight, in.length > 4 ? in[4] : null);
      return new Result(out, weight);
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Tensor gs = rows(g);
      to.give(0, () -> Matrices.matmul(gs, made.saved().getFirst()));
      if (to.needs(1) || to.needs(2) || to.needs(3)) {
        Tensor gradWeight = Matrices.matmul(gs, rows(in[0]), null, Product.TN);
        to.give(1, gradWeight);
        to.give(2, () -> Matrices.matmul(in[3], gradWeight, null, Product.TN.scaled(scale)));
        to.give(3, () -> Matrices.matmul(gradWeight, in[2], null, Product.NT.scaled(scale)));
      }
      to.give(4, () -> Reductions.sum(gs, 0));
    }

    @Override
    public Reads reads() {
      return Reads.of(
          (i, needed) ->
              switch (i) {
                case 0 -> needed.test(1) || needed.test(2) || needed.test(3);
                case 2 -> needed.test(3);
                case 3 -> needed.test(2);
                default -> false;
              });
    }
  }

  /** Attention of q, k, v and an optional mask (which gets no gradient here). */
  record Attend(int heads, double scale, Precision precision) implements ProductOperation {
    @Override
    public Result forward(Tensor... in) {
      Attention.Attended made =
          Attention.attention(in[0], in[1], in[2], mask(in), heads, scale, precision);
      return new Result(made.out(), made.logSumExp());
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Attention.Attended forward = new Attention.Attended(made.out(), made.saved().getFirst());
      Attention.Gradients d =
          Attention.attentionGrad(
              in[0], in[1], in[2], mask(in), heads, scale, forward, g, precision);
      to.give(0, d.q());
      to.give(1, d.k());
      to.give(2, d.v());
    }

    @Override
    public Reads reads() {
      return Reads.EVERYTHING;
    }

    private static @Nullable Tensor mask(Tensor... in) {
      return in.length > 3 ? in[3] : null;
    }
  }

  private static Tensor rows(Tensor x) {
    return x.reshape(-1, x.dim(-1));
  }
}
