package org.diffusionnft.tensor;

import org.jspecify.annotations.Nullable;

/** Normalisations along the last axis, with the values their derivatives need. */
public final class Norms {
  private Norms() {}

  /**
   * A normalised tensor.
   *
   * @param out like the input
   * @param mean {@code [R]}
   * @param rstd {@code [R]}
   */
  public record LayerNormed(Tensor out, Tensor mean, Tensor rstd) {}

  /**
   * A normalised tensor.
   *
   * @param out like the input
   * @param rstd {@code [R]}
   */
  public record RmsNormed(Tensor out, Tensor rstd) {}

  /**
   * Gradients of a normalisation.
   *
   * @param x like the input
   * @param weight like the weight; null if there was none
   * @param bias like the bias; null if there was none
   */
  public record Gradients(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {}

  /** Layer norm; see {@link NormKernels#layerNorm} for the shapes. */
  public static LayerNormed layerNorm(
      Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    Device device = Operands.common(x, weight, bias);
    requireAffine(x, weight == null ? null : weight.shape());
    requireAffine(x, bias == null ? null : bias.shape());
    DType dtype = DType.arithmetic(x);
    Tensor out = device.allocate(dtype, x.shape());
    Tensor mean = device.allocate(dtype, Shape.of(rows(x)));
    Tensor rstd = device.allocate(dtype, Shape.of(rows(x)));
    device.norms().layerNorm(x, weight, bias, eps, out, mean, rstd);
    return new LayerNormed(out, mean, rstd);
  }

  /**
   * Gradients of {@link #layerNorm}.
   *
   * @param weightGrad whether the gradient of the weight is wanted
   * @param biasShape the shape of the bias if its gradient is wanted, else null
   */
  public static Gradients layerNormGrad(
      Tensor x,
      @Nullable Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor gradOut,
      boolean weightGrad,
      @Nullable Shape biasShape) {
    Device device = Operands.common(x, weight, mean, rstd, gradOut);
    Operands.requireSame(x, gradOut);
    requireAffine(x, weight == null ? null : weight.shape());
    requireAffine(x, biasShape);
    requireRows(x, mean);
    requireRows(x, rstd);
    DType dtype = DType.arithmetic(x, gradOut);
    Tensor gradX = device.allocate(dtype, x.shape());
    Tensor gradWeight =
        weightGrad && weight != null ? device.allocate(dtype, weight.shape()) : null;
    Tensor gradBias = biasShape != null ? device.allocate(dtype, biasShape) : null;
    device.norms().layerNormGrad(x, weight, mean, rstd, gradOut, gradX, gradWeight, gradBias);
    return new Gradients(gradX, gradWeight, gradBias);
  }

  /** RMS norm; see {@link NormKernels#rmsNorm} for the shapes. */
  public static RmsNormed rmsNorm(Tensor x, @Nullable Tensor weight, double eps) {
    Device device = Operands.common(x, weight);
    requireAffine(x, weight == null ? null : weight.shape());
    DType dtype = DType.arithmetic(x);
    Tensor out = device.allocate(dtype, x.shape());
    Tensor rstd = device.allocate(dtype, Shape.of(rows(x)));
    device.norms().rmsNorm(x, weight, eps, out, rstd);
    return new RmsNormed(out, rstd);
  }

  /** Gradients of {@link #rmsNorm}; the weight's only if wanted. */
  public static Gradients rmsNormGrad(
      Tensor x, @Nullable Tensor weight, Tensor rstd, Tensor gradOut, boolean weightGrad) {
    Device device = Operands.common(x, weight, rstd, gradOut);
    Operands.requireSame(x, gradOut);
    requireAffine(x, weight == null ? null : weight.shape());
    requireRows(x, rstd);
    DType dtype = DType.arithmetic(x, gradOut);
    Tensor gradX = device.allocate(dtype, x.shape());
    Tensor gradWeight =
        weightGrad && weight != null ? device.allocate(dtype, weight.shape()) : null;
    device.norms().rmsNormGrad(x, weight, rstd, gradOut, gradX, gradWeight);
    return new Gradients(gradX, gradWeight, null);
  }

  /** Softmax along the last axis. */
  public static Tensor softmax(Tensor x) {
    Tensor out = x.device().allocate(DType.arithmetic(x), x.shape());
    x.device().norms().softmax(x, out);
    return out;
  }

  /** Gradient of {@link #softmax} from its output. */
  public static Tensor softmaxGrad(Tensor out, Tensor gradOut) {
    Device device = Operands.common(out, gradOut);
    Operands.requireSame(out, gradOut);
    Tensor gradX = device.allocate(DType.arithmetic(out, gradOut), out.shape());
    device.norms().softmaxGrad(out, gradOut, gradX);
    return gradX;
  }

  private static long rows(Tensor x) {
    return rows(x.shape());
  }

  private static long rows(Shape shape) {
    return shape.dim(-1) == 0 ? 0 : shape.elements() / shape.dim(-1);
  }

  /** Kernels don't check shapes, so mismatched operands must be rejected here. */
  private static void requireRows(Tensor x, Tensor perRow) {
    if (perRow.elements() != rows(x)) {
      throw new IllegalArgumentException(
          "statistics per row, of shape " + perRow.shape() + ", do not fit " + x.shape());
    }
  }

  private static void requireAffine(Tensor x, @Nullable Shape affine) {
    if (affine != null
        && (affine.dim(-1) != x.dim(-1) || rows(affine) == 0 || rows(x) % rows(affine) != 0)) {
      throw new IllegalArgumentException(
          "weight or bias of shape " + affine + " does not fit a normalised shape " + x.shape());
    }
  }
}
