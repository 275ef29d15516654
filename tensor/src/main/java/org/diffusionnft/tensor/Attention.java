package org.diffusionnft.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Scaled dot-product attention; see {@link AttentionKernels} for the shapes. */
public final class Attention {
  private Attention() {}

  /**
   * The result of attention.
   *
   * @param out {@code [B, S, H*D]}
   * @param logSumExp {@code [B, H, S]}
   */
  public record Attended(Tensor out, Tensor logSumExp) {}

  /**
   * Gradients of attention.
   *
   * @param q {@code [B, S, H*D]}
   * @param k {@code [B, T, H*D]}
   * @param v {@code [B, T, H*D]}
   */
  public record Gradients(Tensor q, Tensor k, Tensor v) {}

  /**
   * {@code softmax(scale q kᵀ + mask) v} per head; operands are not rounded.
   *
   * @throws IllegalArgumentException if the shapes don't fit or the width is not a multiple of the
   *     number of heads
   */
  public static Attended attention(
      Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, int heads, double scale) {
    return attention(q, k, v, mask, heads, scale, Precision.F32);
  }

  /**
   * {@code softmax(scale q kᵀ + mask) v} per head.
   *
   * @throws IllegalArgumentException if the shapes don't fit or the width is not a multiple of the
   *     number of heads
   */
  public static Attended attention(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor mask,
      int heads,
      double scale,
      Precision precision) {
    Device device = Operands.common(q, k, v, mask);
    requireFits(q, k, v, mask, heads);
    DType dtype = DType.arithmetic(q, k, v);
    Tensor out = device.allocate(dtype, q.shape());
    Tensor logSumExp = device.allocate(dtype, Shape.of(q.dim(0), heads, q.dim(1)));
    List<Tensor> in = rounded(precision, q, k, v);
    device
        .attention()
        .attention(in.get(0), in.get(1), in.get(2), mask, heads, scale, out, logSumExp);
    release(in, q, k, v);
    return new Attended(out, logSumExp);
  }

  /** Kernels don't check shapes, so mismatched operands must be rejected here. */
  private static void requireFits(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, int heads) {
    Operands.requireSame(k, v);
    if (heads < 1
        || q.shape().rank() != 3
        || k.shape().rank() != 3
        || q.dim(0) != k.dim(0)
        || q.dim(2) != k.dim(2)
        || q.dim(2) % heads != 0) {
      throw new IllegalArgumentException(
          "attention with " + heads + " heads does not fit q " + q.shape() + ", k " + k.shape());
    }
    Shape scores = Shape.of(q.dim(0), heads, q.dim(1), k.dim(1));
    if (mask != null
        && (mask.shape().rank() != 4
            || !Shape.broadcast(mask.shape(), scores).equals(scores)
            || mask.dim(2) != scores.dim(2)
            || mask.dim(3) != scores.dim(3))) {
      throw new IllegalArgumentException(
          "attention mask " + mask.shape() + " does not fit scores " + scores);
    }
  }

  /**
   * Gradients of {@link #attention}.
   *
   * @param forward what {@link #attention} returned
   * @param precision the precision of the forward pass
   * @throws IllegalArgumentException if the shapes don't fit
   */
  public static Gradients attentionGrad(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor mask,
      int heads,
      double scale,
      Attended forward,
      Tensor gradOut,
      Precision precision) {
    Device device = Operands.common(q, k, v, mask, forward.out(), forward.logSumExp(), gradOut);
    requireFits(q, k, v, mask, heads);
    Operands.requireSame(q, gradOut);
    Operands.requireSame(q, forward.out());
    if (forward.logSumExp().elements() != q.dim(0) * heads * q.dim(1)) {
      throw new IllegalArgumentException(
          "logSumExp of shape "
              + forward.logSumExp().shape()
              + " does not fit q "
              + q.shape()
              + " and "
              + heads
              + " heads");
    }
    DType dtype = DType.arithmetic(q, gradOut);
    Tensor gradQ = device.allocate(dtype, q.shape());
    Tensor gradK = device.allocate(dtype, k.shape());
    Tensor gradV = device.allocate(dtype, v.shape());
    List<Tensor> in = rounded(precision, q, k, v, gradOut);
    device
        .attention()
        .attentionGrad(
            in.get(0),
            in.get(1),
            in.get(2),
            mask,
            heads,
            scale,
            forward.out(),
            forward.logSumExp(),
            in.get(3),
            gradQ,
            gradK,
            gradV);
    release(in, q, k, v, gradOut);
    return new Gradients(gradQ, gradK, gradV);
  }

  private static List<Tensor> rounded(Precision precision, Tensor... operands) {
    List<Tensor> all = new ArrayList<>();
    for (Tensor operand : operands) {
      all.add(precision.rounded(operand));
    }
    return all;
  }

  private static void release(List<Tensor> rounded, Tensor... operands) {
    for (int i = 0; i < operands.length; i++) {
      if (rounded.get(i) != operands[i]) {
        rounded.get(i).release();
      }
    }
  }
}
