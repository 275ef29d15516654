package org.diffusionnft.autograd;

import java.util.Arrays;
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
      case Operation.Convert(var to) -> new Result(Elementwise.convert(in[0], to));
      case Operation.Select() -> new Result(Elementwise.select(in[0], in[1], in[2]));
      case Operation.GatedAdd() -> new Result(Elementwise.gatedAdd(in[0], in[1], in[2]));
      case Operation.Reshape(var to) -> new Result(in[0].reshape(to));
      case Operation.Permute(var dims) -> new Result(Layout.permute(in[0], dims));
      case Operation.Slice(var axis, var start, var end, var step) ->
          new Result(slice(in[0], axis, start, end, step));
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
      case Operation.Linear(var activation) -> {
        Product product = activation == null ? Product.NT : Product.NT.activated(activation);
        yield new Result(Matrices.linear(in[0], in[1], in.length > 2 ? in[2] : null, product));
      }
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
      case Operation.Conv2d conv ->
          new Result(Convolution.forward(conv, in[0], in[1], in.length > 2 ? in[2] : null));
    };
  }

  /** A part of an axis: a view where it is contiguous, else a copy. */
  static Tensor slice(Tensor x, int axis, long start, long end, long step) {
    boolean valid = start >= 0 && start <= end && end <= x.dim(axis);
    boolean contiguous = step == 1;
    for (int i = 0; i < axis; i++) {
      contiguous &= x.dim(i) == 1;
    }
    if (!valid || !contiguous) {
      return Layout.slice(x, axis, start, end, step);
    }
    long[] dims = x.shape().dims();
    long[] fromAxis = Arrays.copyOfRange(dims, axis, dims.length);
    Tensor part = x.reshape(Shape.of(fromAxis)).narrow(start, end - start);
    return part.reshape(x.shape().with(axis, end - start));
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
