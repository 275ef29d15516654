package org.diffusionnft.autograd;

import java.util.List;
import org.diffusionnft.tensor.Attention;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Norms;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/** How every {@link Operation} is computed. */
final class Forward {
  private Forward() {}

  /**
   * A result.
   *
   * @param saved what the derivative needs besides inputs and output
   */
  record Result(Tensor out, List<Tensor> saved) {
    Result(Tensor out, Tensor... saved) {
      this(out, List.of(saved));
    }
  }

  static Result apply(Operation operation, Tensor... in) {
    return switch (operation) {
      case Operation.Binary(var op) -> new Result(Elementwise.binary(op, in[0], in[1]));
      case Operation.Unary(var op, var a, var b) -> new Result(Elementwise.unary(op, a, b, in[0]));
      case Operation.Select() -> new Result(Elementwise.select(in[0], in[1], in[2]));
      case Operation.GatedAdd() -> new Result(Elementwise.gatedAdd(in[0], in[1], in[2]));
      case Operation.Reshape(var to) -> new Result(in[0].reshape(to));
      case Operation.Permute(var dims) -> new Result(Layout.permute(in[0], dims));
      case Operation.Slice slice -> new Result(slice(in[0], slice));
      case Operation.Pad(var axis, var before, var after) -> {
        Shape shape = in[0].shape().with(axis, before + in[0].dim(axis) + after);
        yield new Result(Layout.unslice(in[0], shape, axis, before, 1));
      }
      case Operation.Concat(var axis) -> new Result(Layout.concat(axis, in));
      case Operation.Expand(var to) -> new Result(Layout.expand(in[0], to));
      case Operation.Sum(var axes) -> new Result(Reductions.sum(in[0], axes));
      case Operation.Max(var axes) -> new Result(Reductions.max(in[0], axes));
      case Operation.Matmul(var product) ->
          new Result(Matrices.matmul(in[0], in[1], null, product));
      case Operation.Linear() ->
          new Result(Matrices.linear(in[0], in[1], in.length > 2 ? in[2] : null));
      case Operation.LowRankLinear(var scale) -> lowRankLinear(scale, in);
      case Operation.LayerNorm(var eps, var weighted, var biased) -> {
        Tensor weight = weighted ? in[1] : null;
        Tensor bias = biased ? in[in.length - 1] : null;
        Norms.LayerNormed n = Norms.layerNorm(in[0], weight, bias, eps);
        yield new Result(n.out(), n.mean(), n.rstd());
      }
      case Operation.RmsNorm(var eps) -> {
        Norms.RmsNormed n = Norms.rmsNorm(in[0], in.length > 1 ? in[1] : null, eps);
        yield new Result(n.out(), n.rstd());
      }
      case Operation.Softmax() -> new Result(Norms.softmax(in[0]));
      case Operation.LogSoftmax() -> new Result(logSoftmax(in[0]));
      case Operation.Attention(var heads, var scale) -> {
        Tensor mask = in.length > 3 ? in[3] : null;
        Attention.Attended a = Attention.attention(in[0], in[1], in[2], mask, heads, scale);
        yield new Result(a.out(), a.logSumExp());
      }
      case Operation.Gather() -> new Result(Layout.gather(in[0], in[1]));
      case Operation.Conv2d(var window) ->
          new Result(Convolution.forward(window, in[0], in[1], in.length > 2 ? in[2] : null));
    };
  }

  /** A view where the part is contiguous, else a copy. */
  private static Tensor slice(Tensor x, Operation.Slice s) {
    boolean valid = s.start() >= 0 && s.start() <= s.end() && s.end() <= x.dim(s.axis());
    boolean contiguous = s.step() == 1;
    for (int i = 0; i < s.axis(); i++) {
      contiguous &= x.dim(i) == 1;
    }
    if (!valid || !contiguous) {
      return Layout.slice(x, s.axis(), s.start(), s.end(), s.step());
    }
    long[] dims = x.shape().dims();
    long[] fromAxis = java.util.Arrays.copyOfRange(dims, s.axis(), dims.length);
    Tensor part = x.reshape(Shape.of(fromAxis)).narrow(s.start(), s.end() - s.start());
    return part.reshape(x.shape().with(s.axis(), s.end() - s.start()));
  }

  /** The low-rank product is added into the full one: no tensor of that size is made besides. */
  private static Result lowRankLinear(double scale, Tensor... in) {
    Tensor x = in[0];
    Tensor out = Matrices.linear(x, in[1], in.length > 4 ? in[4] : null);
    Tensor rows = x.reshape(-1, x.dim(-1));
    Tensor hidden = Matrices.matmul(rows, in[2], null, Product.NT);
    Matrices.addProduct(hidden, in[3], Product.NT.scaled(scale), out.reshape(-1, out.dim(-1)));
    return new Result(out, hidden);
  }

  private static Tensor logSoftmax(Tensor x) {
    Tensor shifted = Elementwise.sub(x, Reductions.max(x, -1));
    Tensor total = Reductions.sum(Elementwise.unary(UnaryOp.EXP, shifted), -1);
    return Elementwise.sub(shifted, Elementwise.unary(UnaryOp.LOG, total));
  }
}
