package org.diffusionnft.autograd;

import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.tensor.WindowBand;
import org.jspecify.annotations.Nullable;

/** Functions of several variables: attention, convolution, losses. */
public final class Functions {
  private Functions() {}

  /**
   * Scaled dot-product attention, {@code softmax(scale q kᵀ + mask) v} per head.
   *
   * @param q {@code [B, S, H*D]}
   * @param k {@code [B, T, H*D]}
   * @param v {@code [B, T, H*D]}
   * @param mask added to the scores, {@code [B or 1, H or 1, S, T]}, or null. If it requires a
   *     gradient the scores are stored
   */
  public static Variable attention(
      Variable q, Variable k, Variable v, @Nullable Variable mask, int heads, double scale) {
    Operation op = new ProductOperation.Attend(heads, scale, Autocast.precision());
    if (mask == null) {
      return Variable.apply(op, q.operand(), k.operand(), v.operand());
    }
    if (!mask.requiresGrad()) {
      return Variable.apply(op, q.operand(), k.operand(), v.operand(), mask);
    }
    Variable scores =
        splitHeads(q, heads).matmul(splitHeads(k, heads), Product.NT.scaled(scale)).add(mask);
    Variable out = scores.softmax(-1).matmul(splitHeads(v, heads));
    return out.permute(0, 2, 1, 3).reshape(q.shape());
  }

  /** {@code [B, T, H*D]} to {@code [B, H, T, D]}. */
  private static Variable splitHeads(Variable x, int heads) {
    return x.reshape(x.dim(0), x.dim(1), heads, x.dim(2) / heads).permute(0, 2, 1, 3);
  }

  /**
   * Convolution with the same zero padding on all sides.
   *
   * @param x {@code [N, C, H, W]}
   * @param weight {@code [O, C, KH, KW]}
   * @param bias {@code [O]} or null
   */
  public static Variable conv2d(
      Variable x, Variable weight, @Nullable Variable bias, int stride, int padding) {
    int height = weight.shape().intDim(2);
    int width = weight.shape().intDim(3);
    return conv2d(
        x, weight, bias, new Window(height, width, stride, padding, padding, padding, padding));
  }

  /** Convolution with any padding; see {@link #conv2d(Variable, Variable, Variable, int, int)}. */
  public static Variable conv2d(
      Variable x, Variable weight, @Nullable Variable bias, Window window) {
    Operation op = new Convolution(window, WindowBand.ELEMENTS, Autocast.precision());
    return bias == null
        ? Variable.apply(op, x, weight.operand())
        : Variable.apply(op, x, weight.operand(), bias);
  }

  /** Group norm of {@code [N, C, ..]} with weight and bias {@code [C]}. */
  public static Variable groupNorm(
      Variable x, int groups, Variable weight, Variable bias, double eps) {
    long channels = x.dim(1);
    Variable normalised =
        x.reshape(x.dim(0), groups, -1).layerNorm(null, null, eps).reshape(x.dim(0), channels, -1);
    return normalised
        .mul(weight.reshape(channels, 1))
        .add(bias.reshape(channels, 1))
        .reshape(x.shape());
  }

  /** Nearest-neighbour upsampling by 2: {@code [N, C, H, W]} to {@code [N, C, 2H, 2W]}. */
  public static Variable upsampleNearest2(Variable x) {
    long n = x.dim(0) * x.dim(1);
    long h = x.dim(2);
    long w = x.dim(3);
    return x.reshape(n, h, 1, w, 1).expand(n, h, 2, w, 2).reshape(x.dim(0), x.dim(1), 2 * h, 2 * w);
  }

  /** Mean squared difference; one element. */
  public static Variable meanSquaredError(Variable x, Variable y) {
    Variable difference = x.sub(y);
    return difference.mul(difference).mean();
  }

  /**
   * Mean over rows of {@code -log softmax(logits)[label]}; one element.
   *
   * @param logits {@code [R, V]}
   * @param labels I64 {@code [R]}
   */
  public static Variable crossEntropy(Variable logits, Tensor labels) {
    long rows = logits.dim(0);
    long entries = logits.dim(1);
    long[] at = labels.toLongs();
    for (int i = 0; i < at.length; i++) {
      if (at[i] < 0 || at[i] >= entries) {
        throw new IllegalArgumentException(
            "label " + at[i] + " is not one of the " + entries + " classes");
      }
      at[i] += i * entries;
    }
    Variable table = logits.logSoftmax(-1).reshape(rows * entries, 1);
    return table.embedding(Tensor.of(logits.device(), at, rows)).mean().scale(-1);
  }

  /** Rows divided by their Euclidean norm. */
  private static Variable normalise(Variable x) {
    return x.mul(x.mul(x).sum(-1).unary(UnaryOp.RSQRT));
  }

  /** Cosine similarity between every row of {@code [M, C]} and every row of {@code [N, C]}. */
  public static Variable cosineSimilarity(Variable x, Variable y) {
    return normalise(x).matmul(normalise(y), Product.NT);
  }
}
