package org.diffusionnft.autograd;

import static org.diffusionnft.autograd.GradientCase.of;
import static org.diffusionnft.autograd.GradientCase.on;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/** A line per operation and way to use it. */
final class Cases {
  private static final Product TT = new Product(true, true, 0.5, false, null, Precision.F32);
  private static final DoubleUnaryOperator POSITIVE = v -> 0.3 + Math.abs(v);

  private Cases() {}

  static long[] dims(long... dims) {
    return dims;
  }

  static List<GradientCase> all() {
    List<GradientCase> all = new ArrayList<>();
    all.addAll(elementwise());
    all.addAll(layout());
    all.addAll(reductions());
    all.addAll(products());
    all.addAll(norms());
    all.addAll(images());
    all.addAll(losses());
    return all;
  }

  private static List<GradientCase> elementwise() {
    List<GradientCase> all = new ArrayList<>();
    for (UnaryOp f : UnaryOp.values()) {
      switch (f) {
        case AFFINE -> {
          all.add(of("affine", v -> v.get(0).affine(-1.5, 0.25), dims(3, 4)));
          all.add(of("shift", v -> v.get(0).affine(1, 0.25).add(v.get(0)), dims(3, 4)));
        }
        case POW -> {
          all.add(of("square", v -> v.get(0).pow(2), dims(7)));
          all.add(on("power", POSITIVE, v -> v.get(0).pow(2.5), dims(7)));
        }
        case CLAMP -> all.add(of("clamp", v -> v.get(0).clamp(-0.7, 0.9), dims(19)));
        default -> {
          boolean everywhere = !Double.isNaN(f.value(-1, 0, 0));
          DoubleUnaryOperator range = everywhere ? v -> v : POSITIVE;
          all.add(on(f.toString(), range, v -> v.get(0).unary(f), dims(3, 4)));
        }
      }
    }
    all.addAll(
        List.of(
            of("silu", v -> v.get(0).silu(), dims(5)),
            of("gelu", v -> v.get(0).gelu(), dims(5)),
            of("add", v -> v.get(0).add(v.get(1)), dims(2, 3, 4), dims(3, 1)),
            of("add to itself", v -> v.get(0).add(v.get(0)), dims(2, 3)),
            of("sub", v -> v.get(0).sub(v.get(1)), dims(2, 1, 4), dims(3, 4)),
            of("mul", v -> v.get(0).mul(v.get(1)), dims(2, 3, 4), dims(2, 1, 4)),
            of("mul by itself", v -> v.get(0).mul(v.get(0)), dims(2, 3)),
            on("div", POSITIVE, v -> v.get(0).div(v.get(1)), dims(2, 3, 4), dims(4)),
            on("div scalar", POSITIVE, v -> v.get(0).div(v.get(1)), dims(), dims(2, 3)),
            of("maximum", v -> v.get(0).maximum(v.get(1)), dims(3, 4), dims(4)),
            of("minimum", v -> v.get(0).minimum(v.get(1)), dims(3, 4), dims(3, 1)),
            of("select", v -> mask(v.get(0)).select(v.get(0), v.get(1)), dims(3, 4), dims(3, 4)),
            of("convert", v -> v.get(0).convert(DType.F64).convert(DType.F64), dims(3)),
            of(
                "gatedAdd",
                v -> v.get(0).gatedAdd(v.get(1), v.get(2)),
                dims(2, 3, 4),
                dims(2, 4),
                dims(2, 3, 4))));
    return all;
  }

  private static Variable mask(Variable like) {
    double[] m = new double[(int) like.shape().elements()];
    for (int i = 0; i < m.length; i++) {
      m[i] = i % 3 == 0 ? 1 : 0;
    }
    return Variable.constant(Tensor.of(like.device(), m, like.shape().dims()));
  }

  private static List<GradientCase> layout() {
    return List.of(
        of("reshape", v -> v.get(0).reshape(-1, 2).pow(2), dims(2, 3, 4)),
        of("permute", v -> v.get(0).permute(2, 0, -1, 1).pow(2), dims(2, 3, 4, 5)),
        of("transpose", v -> v.get(0).transpose(0, -1).pow(2), dims(2, 3, 4)),
        of("slice", v -> v.get(0).slice(-1, 2, 9, 3).pow(2), dims(2, 3, 9)),
        of("slice view", v -> v.get(0).slice(0, 1, 3).pow(2), dims(4, 3)),
        of("slice inner view", v -> v.get(0).slice(1, 1, 3).pow(2), dims(1, 4, 3)),
        of("split", v -> joined(v.get(0).unary(UnaryOp.SIN).split(1, 2, 1, 4)), dims(2, 7, 3)),
        of("split view", v -> joined(v.get(0).unary(UnaryOp.SIN).split(0, 2, 1, 4)), dims(7, 3)),
        of(
            "split partly used",
            v -> v.get(0).unary(UnaryOp.SIN).split(1, 2, 1, 4).get(1),
            dims(2, 7, 3)),
        of("chunk", v -> joined(v.get(0).chunk(3, -1)), dims(2, 3, 6)),
        of("concat", v -> Variable.concat(1, v.get(0), v.get(1)), dims(2, 3, 4), dims(2, 1, 4)),
        of("concat last", v -> Variable.concat(-1, v.get(0), v.get(1)), dims(2, 3), dims(2, 1)),
        of("pad", v -> v.get(0).pad(-1, 1, 2).pow(2), dims(2, 3)),
        of("expand", v -> v.get(0).expand(2, 3, 4).pow(2), dims(3, 1)),
        of("repeat", v -> v.get(0).repeat(3, 1, 2).pow(2), dims(2, 3, 4)),
        of("embedding", v -> v.get(0).embedding(ids(v.get(0))), dims(5, 3)));
  }

  /** Something that tells the parts apart. */
  private static Variable joined(List<Variable> parts) {
    Variable sum = parts.getFirst().sum();
    for (int i = 1; i < parts.size(); i++) {
      sum = sum.mul(parts.get(i).unary(UnaryOp.SIN).sum().affine(1, 3));
    }
    return sum;
  }

  private static Tensor ids(Variable like) {
    return Tensor.of(like.device(), new long[] {4, 0, 4, 1, 2, 4}, 2, 3);
  }

  private static List<GradientCase> reductions() {
    return List.of(
        of("sum", v -> v.get(0).sum(1).pow(2), dims(2, 3, 4)),
        of("sum all", v -> v.get(0).sum().pow(2), dims(2, 3, 4)),
        of("mean", v -> v.get(0).mean(0, -1).pow(2), dims(2, 3, 4)),
        of("mean all", v -> v.get(0).mean().pow(2), dims(2, 3, 4)),
        of("max", v -> v.get(0).max(1), dims(2, 3, 4)),
        of("max of two axes", v -> v.get(0).max(0, 2), dims(2, 3, 4)),
        of("max all", v -> v.get(0).max(), dims(2, 3, 4)));
  }

  private static List<GradientCase> products() {
    Product nn = Product.NN.scaled(0.5);
    return List.of(
        of("matmul", v -> v.get(0).matmul(v.get(1)), dims(3, 4), dims(4, 2)),
        of(
            "matmul batches",
            v -> v.get(0).matmul(v.get(1), nn),
            dims(2, 1, 3, 4),
            dims(2, 1, 4, 2)),
        of("matmul shared", v -> v.get(0).matmul(v.get(1), nn), dims(2, 3, 4), dims(4, 2)),
        of("matmul nt", v -> v.get(0).matmul(v.get(1), Product.NT), dims(2, 3, 4), dims(2, 2, 4)),
        of(
            "matmul nt shared",
            v -> v.get(0).matmul(v.get(1), Product.NT),
            dims(2, 3, 4),
            dims(2, 4)),
        of("matmul tn", v -> v.get(0).matmul(v.get(1), Product.TN), dims(2, 4, 3), dims(2, 4, 2)),
        of(
            "matmul tn shared",
            v -> v.get(0).matmul(v.get(1), Product.TN),
            dims(2, 4, 3),
            dims(4, 2)),
        of("matmul tt", v -> v.get(0).matmul(v.get(1), TT), dims(2, 4, 3), dims(2, 2, 4)),
        of("matmul tt shared", v -> v.get(0).matmul(v.get(1), TT), dims(2, 4, 3), dims(2, 4)),
        of(
            "matmul activated",
            v -> v.get(0).matmul(v.get(1), nn.activated(UnaryOp.SILU)),
            dims(3, 4),
            dims(4, 2)),
        of("linear", v -> v.get(0).linear(v.get(1), v.get(2)), dims(2, 3, 4), dims(5, 4), dims(5)),
        of("linear without bias", v -> v.get(0).linear(v.get(1), null), dims(2, 3, 4), dims(5, 4)),
        of(
            "linear activated",
            v -> v.get(0).linear(v.get(1), v.get(2), UnaryOp.GELU_TANH),
            dims(3, 4),
            dims(5, 4),
            dims(5)),
        of(
            "low-rank linear",
            v -> v.get(0).linear(v.get(1), v.get(4), v.get(2), v.get(3), 0.7),
            dims(2, 3, 8),
            dims(9, 8),
            dims(1, 8),
            dims(9, 1),
            dims(9)),
        of(
            "low-rank linear without bias",
            v -> v.get(0).linear(v.get(1), null, v.get(2), v.get(3), 0.7),
            dims(3, 8),
            dims(9, 8),
            dims(1, 8),
            dims(9, 1)),
        of(
            "merged linear",
            v -> v.get(0).linear(v.get(1), v.get(4), v.get(2), v.get(3), 0.7),
            dims(2, 3, 4),
            dims(5, 4),
            dims(2, 4),
            dims(5, 2),
            dims(5)),
        of(
            "merged linear without bias",
            v -> v.get(0).linear(v.get(1), null, v.get(2), v.get(3), 0.7),
            dims(6, 4),
            dims(5, 4),
            dims(2, 4),
            dims(5, 2)));
  }

  private static List<GradientCase> norms() {
    return List.of(
        of("layerNorm", v -> v.get(0).layerNorm(null, null, 1e-5), dims(2, 3, 5)),
        of(
            "layerNorm affine",
            v -> v.get(0).layerNorm(v.get(1), v.get(2), 1e-5),
            dims(2, 3, 5),
            dims(5),
            dims(5)),
        of(
            "layerNorm weight",
            v -> v.get(0).layerNorm(v.get(1), null, 1e-5),
            dims(2, 3, 5),
            dims(5)),
        of("layerNorm bias", v -> v.get(0).layerNorm(null, v.get(1), 1e-5), dims(2, 3, 5), dims(5)),
        of(
            "modulatedLayerNorm",
            v -> v.get(0).modulatedLayerNorm(v.get(1), v.get(2), 1e-6),
            dims(2, 3, 5),
            dims(2, 5),
            dims(2, 5)),
        of("rmsNorm", v -> v.get(0).rmsNorm(v.get(1), 1e-6), dims(2, 3, 5), dims(5)),
        of("rmsNorm without weight", v -> v.get(0).rmsNorm(null, 1e-6), dims(2, 3, 5)),
        of("softmax", v -> v.get(0).softmax(-1), dims(2, 3, 5)),
        of("softmax of axis 1", v -> v.get(0).softmax(1), dims(2, 3, 5)),
        of("logSoftmax", v -> v.get(0).logSoftmax(-1), dims(3, 5)),
        of("logSoftmax of axis 0", v -> v.get(0).logSoftmax(0), dims(3, 5)),
        of(
            "attention",
            v -> Functions.attention(v.get(0), v.get(1), v.get(2), null, 2, 0.6),
            dims(2, 3, 8),
            dims(2, 5, 8),
            dims(2, 5, 8)),
        of(
            "attention with constant mask",
            v -> Functions.attention(v.get(0), v.get(1), v.get(2), causal(v.get(0)), 2, 0.6),
            dims(2, 3, 8),
            dims(2, 3, 8),
            dims(2, 3, 8)),
        of(
            "attention with mask",
            v -> Functions.attention(v.get(0), v.get(1), v.get(2), v.get(3), 2, 0.6),
            dims(2, 3, 8),
            dims(2, 5, 8),
            dims(2, 5, 8),
            dims(2, 1, 3, 5)));
  }

  private static Variable causal(Variable like) {
    double low = -3.4028234663852886e38;
    double[] m = {0, low, low, 0, 0, low, 0, 0, 0};
    return Variable.constant(Tensor.of(like.device(), m, 1, 1, 3, 3));
  }

  private static List<GradientCase> images() {
    Window asymmetric = new Window(3, 3, 2, 0, 0, 1, 1);
    Operation rowByRow = new Convolution(new Window(3, 3, 2, 1, 1, 1, 1), 1, Precision.F32);
    long[] image = dims(2, 2, 5, 4);
    long[] kernel = dims(3, 2, 3, 3);
    return List.of(
        of(
            "conv 3x3",
            v -> Functions.conv2d(v.get(0), v.get(1), v.get(2), 1, 1),
            image,
            kernel,
            dims(3)),
        of(
            "conv 3x3 stride 2",
            v -> Functions.conv2d(v.get(0), v.get(1), null, 2, 1),
            image,
            kernel),
        of(
            "conv asymmetric",
            v -> Functions.conv2d(v.get(0), v.get(1), v.get(2), asymmetric),
            image,
            kernel,
            dims(3)),
        of(
            "conv 1x1",
            v -> Functions.conv2d(v.get(0), v.get(1), null, 1, 0),
            image,
            dims(3, 2, 1, 1)),
        of(
            "conv 2x2 stride 2",
            v -> Functions.conv2d(v.get(0), v.get(1), null, 2, 0),
            image,
            dims(3, 2, 2, 2)),
        of(
            "conv in bands",
            v -> Variable.apply(rowByRow, v.get(0), v.get(1), v.get(2)),
            image,
            kernel,
            dims(3)),
        of(
            "groupNorm",
            v -> Functions.groupNorm(v.get(0), 2, v.get(1), v.get(2), 1e-6),
            dims(2, 4, 2, 3),
            dims(4),
            dims(4)),
        of("upsample", v -> Functions.upsampleNearest2(v.get(0)), dims(2, 2, 3, 2)));
  }

  private static List<GradientCase> losses() {
    return List.of(
        of(
            "meanSquaredError",
            v -> Functions.meanSquaredError(v.get(0), v.get(1)),
            dims(2, 3),
            dims(2, 3)),
        of("crossEntropy", v -> Functions.crossEntropy(v.get(0), labels(v.get(0))), dims(3, 4)),
        of(
            "cosineSimilarity",
            v -> Functions.cosineSimilarity(v.get(0), v.get(1)),
            dims(3, 5),
            dims(2, 5)));
  }

  private static Tensor labels(Variable like) {
    return Tensor.of(like.device(), new long[] {3, 0, 3}, 3);
  }
}
