package org.diffusionnft.autograd;

import static org.diffusionnft.tensor.Elementwise.add;
import static org.diffusionnft.tensor.Elementwise.affine;
import static org.diffusionnft.tensor.Elementwise.binary;
import static org.diffusionnft.tensor.Elementwise.div;
import static org.diffusionnft.tensor.Elementwise.mul;
import static org.diffusionnft.tensor.Elementwise.scale;
import static org.diffusionnft.tensor.Elementwise.select;
import static org.diffusionnft.tensor.Elementwise.sub;
import static org.diffusionnft.tensor.Elementwise.unary;
import static org.diffusionnft.tensor.Elementwise.unaryGrad;

import java.util.List;
import java.util.Objects;
import org.diffusionnft.tensor.Attention;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Norms;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * The derivative of every {@link Operation}: a row each. A row gets the gradient {@code g} of the
 * result and gives the gradients of the inputs, computing only those that are needed; where an
 * input was broadcast, its gradient is summed down to its shape. Kinks follow PyTorch: a maximum's
 * gradient is split evenly among ties, {@code |x|} has derivative 0 at 0.
 */
final class Derivatives {
  private Derivatives() {}

  /** Adds the gradients of a node's inputs to {@code to}, given that of its output. */
  static void apply(Node.Applied node, Tensor g, Contributions to) {
    Tensor[] in = new Tensor[node.inputs().size()];
    for (int i = 0; i < in.length; i++) {
      in[i] = node.inputs().get(i).tensor();
    }
    Tensor x = in[0];
    Tensor y = in[in.length > 1 ? 1 : 0];
    Tensor out = node.output().tensor();
    List<Tensor> saved = node.saved();
    switch (node.op()) {
      case Operation.Binary(var op) -> binaryRow(op, x, y, g, to);
      case Operation.Unary(var op, var a, var b) -> {
        if (op == UnaryOp.AFFINE) {
          to.give(0, () -> a == 1 ? g : scale(g, a));
        } else {
          to.give(0, () -> unaryGrad(op, a, b, x, g));
        }
      }
      case Operation.Convert _ -> to.give(0, () -> Elementwise.convert(g, DType.arithmetic(x)));
      case Operation.Select() -> {
        to.give(1, () -> select(x, g, zerosLike(g)));
        to.give(2, () -> select(x, zerosLike(g), g));
      }
      case Operation.GatedAdd() -> {
        Tensor gate = y.reshape(y.dim(0), 1, y.dim(1));
        to.give(0, () -> g);
        to.give(1, () -> Reductions.sum(mul(g, in[2]), 1));
        to.give(2, () -> mul(g, gate));
      }
      case Operation.Reshape _ -> to.give(0, () -> g);
      case Operation.Permute(var dims) -> to.give(0, () -> Layout.permute(g, inverse(dims)));
      case Operation.Slice(var axis, var start, _, var step) ->
          to.give(0, () -> Layout.unslice(g, x.shape(), axis, start, step));
      case Operation.Pad(var axis, var before, _) ->
          to.give(0, () -> Layout.slice(g, axis, before, before + x.dim(axis), 1));
      case Operation.Concat(var axis) -> concatRow(axis, in, g, to);
      case Operation.Expand _ -> to.give(0, () -> g);
      case Operation.Sum _ -> to.give(0, () -> Layout.expand(g, x.shape()));
      case Operation.Max(var axes) ->
          to.give(
              0,
              () -> {
                Tensor hit = binary(BinaryOp.EQUAL, x, out);
                return mul(hit, div(g, Reductions.sum(hit, axes)));
              });
      case Operation.Matmul(var product) -> matmulRow(product, x, y, g, to);
      case Operation.Linear _ -> linearRow(x, y, rows(g), to);
      case Operation.LowRankLinear(var s) -> lowRankRow(s, in, saved.getFirst(), rows(g), to);
      case Operation.LayerNorm(_, var weighted, var biased) -> {
        int bias = in.length - 1;
        Shape biasShape = biased && to.needs(bias) ? in[bias].shape() : null;
        Norms.Gradients d =
            Norms.layerNormGrad(
                x,
                weighted ? y : null,
                saved.get(0),
                saved.get(1),
                g,
                weighted && to.needs(1),
                biasShape);
        to.give(0, d.x());
        to.give(1, weighted ? d.weight() : null);
        to.give(bias, d.bias());
      }
      case Operation.RmsNorm _ -> {
        boolean weighted = in.length > 1;
        Norms.Gradients d =
            Norms.rmsNormGrad(x, weighted ? y : null, saved.getFirst(), g, weighted && to.needs(1));
        to.give(0, d.x());
        to.give(1, d.weight());
      }
      case Operation.Softmax() -> to.give(0, () -> Norms.softmaxGrad(out, g));
      case Operation.LogSoftmax() ->
          to.give(0, () -> sub(g, mul(unary(UnaryOp.EXP, out), Reductions.sum(g, -1))));
      case Operation.Attention(var heads, var scale) -> {
        Attention.Attended forward = new Attention.Attended(out, saved.getFirst());
        Attention.Gradients d =
            Attention.attentionGrad(
                x, y, in[2], in.length > 3 ? in[3] : null, heads, scale, forward, g);
        to.give(0, d.q());
        to.give(1, d.k());
        to.give(2, d.v());
      }
      case Operation.Gather() ->
          to.give(0, () -> Layout.scatterAdd(g.reshape(-1, x.dim(1)), y.reshape(-1), x.dim(0)));
      case Operation.Conv2d conv -> {
        to.give(0, () -> Convolution.gradX(conv, x.shape(), y, g));
        to.give(1, () -> Convolution.gradWeight(conv, x, y.shape(), g));
        to.give(2, () -> Reductions.sum(g, 0, 2, 3));
      }
    }
  }

  /** The gradient of a value that was cut into parts, of which at least one has a gradient. */
  static Tensor split(int axis, List<Variable> parts, List<@Nullable Tensor> gradients) {
    Tensor[] all = new Tensor[parts.size()];
    Tensor given = gradients.stream().filter(Objects::nonNull).findFirst().orElseThrow();
    for (int i = 0; i < all.length; i++) {
      Tensor g = gradients.get(i);
      Shape shape = parts.get(i).shape();
      all[i] = g != null ? g : Tensor.zeros(given.device(), given.dtype(), shape);
    }
    return Layout.concat(axis, all);
  }

  private static void binaryRow(BinaryOp op, Tensor x, Tensor y, Tensor g, Contributions to) {
    switch (op) {
      case ADD -> {
        to.give(0, () -> g);
        to.give(1, () -> g);
      }
      case SUB -> {
        to.give(0, () -> g);
        to.give(1, () -> scale(g, -1));
      }
      case MUL -> {
        to.give(0, () -> mul(g, y));
        to.give(1, () -> mul(g, x));
      }
      case DIV -> {
        to.give(0, () -> div(g, y));
        to.give(1, () -> scale(div(mul(g, div(x, y)), y), -1));
      }
      case MAX -> {
        to.give(0, () -> mul(g, share(x, y)));
        to.give(1, () -> mul(g, share(y, x)));
      }
      case MIN -> {
        to.give(0, () -> mul(g, share(y, x)));
        to.give(1, () -> mul(g, share(x, y)));
      }
      case GREATER, GREATER_EQUAL, EQUAL ->
          throw new IllegalStateException(op + " has no derivative and is never recorded");
    }
  }

  /** 1 where {@code x > y}, 1/2 where they are equal. */
  private static Tensor share(Tensor x, Tensor y) {
    return affine(
        add(binary(BinaryOp.GREATER, x, y), binary(BinaryOp.GREATER_EQUAL, x, y)), 0.5, 0);
  }

  private static void concatRow(int axis, Tensor[] in, Tensor g, Contributions to) {
    long start = 0;
    for (int i = 0; i < in.length; i++) {
      long from = start;
      long end = start + in[i].dim(axis);
      to.give(i, () -> Layout.slice(g, axis, from, end, 1));
      start = end;
    }
  }

  private static void matmulRow(Product p, Tensor a, Tensor b, Tensor g, Contributions to) {
    boolean ta = p.transposeA();
    boolean tb = p.transposeB();
    double s = p.scale();
    boolean shared = b.shape().rank() == 2 && a.shape().rank() > 2;
    Product gb = product(false, !tb, s);
    if (!ta) {
      to.give(0, () -> Matrices.matmul(g, b, null, gb));
    } else if (shared) {
      to.give(0, () -> Matrices.transpose(Matrices.matmul(g, b, null, gb)));
    } else {
      to.give(0, () -> Matrices.matmul(b, g, null, product(tb, true, s)));
    }
    boolean flat = shared && !ta;
    Tensor as = flat ? rows(a) : a;
    Tensor gs = flat ? rows(g) : g;
    if (tb) {
      to.give(1, () -> Matrices.matmul(gs, as, null, product(true, ta, s)));
    } else {
      to.give(1, () -> Matrices.matmul(as, gs, null, product(!ta, false, s)));
    }
  }

  private static void linearRow(Tensor x, Tensor weight, Tensor g, Contributions to) {
    to.give(0, () -> Matrices.matmul(g, weight));
    to.give(1, () -> Matrices.matmul(g, rows(x), null, Product.TN));
    to.give(2, () -> Reductions.sum(g, 0));
  }

  private static void lowRankRow(double s, Tensor[] in, Tensor hidden, Tensor g, Contributions to) {
    Tensor rows = rows(in[0]);
    Tensor a = in[2];
    Tensor b = in[3];
    if (to.needs(0) || to.needs(2)) {
      Tensor gradHidden = Matrices.matmul(g, b, null, Product.NN.scaled(s));
      to.give(
          0,
          () -> {
            Tensor gradX = Matrices.matmul(g, in[1]);
            Matrices.addProduct(gradHidden, a, Product.NN, gradX);
            return gradX;
          });
      to.give(2, () -> Matrices.matmul(gradHidden, rows, null, Product.TN));
    }
    to.give(1, () -> Matrices.matmul(g, rows, null, Product.TN));
    to.give(3, () -> Matrices.matmul(g, hidden, null, Product.TN.scaled(s)));
    to.give(4, () -> Reductions.sum(g, 0));
  }

  private static Product product(boolean transposeA, boolean transposeB, double scale) {
    return new Product(transposeA, transposeB, scale, false, null);
  }

  private static Tensor rows(Tensor x) {
    return x.reshape(-1, x.dim(-1));
  }

  private static Tensor zerosLike(Tensor x) {
    return Tensor.zeros(x.device(), x.dtype(), x.shape());
  }

  private static int[] inverse(int[] dims) {
    int[] out = new int[dims.length];
    for (int i = 0; i < dims.length; i++) {
      out[dims[i] < 0 ? dims[i] + dims.length : dims[i]] = i;
    }
    return out;
  }
}
