package org.diffusionnft.autograd;

import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.ReduceOp;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of every leaf, accumulated over backward passes until {@link #zero}. Sums are F32
 * whatever the leaf's storage type (F64 for F64) and live outside all memory scopes, until {@link
 * #close}.
 */
public final class Gradients implements AutoCloseable {
  private final Map<Variable, Tensor> sums = new IdentityHashMap<>();
  private final List<Variable> order = new ArrayList<>();

  /** Starts empty: leaves are added as backward passes reach them. */
  public Gradients() {}

  /**
   * Starts with a zero gradient for each of these parameters: the optimizer then also updates (by
   * weight decay) those that no loss ever reaches, as PyTorch does for a gradient of exactly zero.
   */
  public Gradients(Collection<Variable> parameters) {
    parameters.forEach(this::sum);
  }

  /** The accumulated gradient of a leaf, in its shape, or null if nothing has reached it. */
  public @Nullable Tensor find(Variable leaf) {
    return sums.get(leaf);
  }

  /**
   * The accumulated gradient of a leaf, in its shape.
   *
   * @throws IllegalArgumentException if nothing has reached it
   */
  public Tensor of(Variable leaf) {
    Tensor sum = sums.get(leaf);
    if (sum == null) {
      throw new IllegalArgumentException(
          "no backward pass reached the leaf of shape " + leaf.shape());
    }
    return sum;
  }

  /** The leaves in the order in which they were first reached. */
  public List<Variable> leaves() {
    return List.copyOf(order);
  }

  /** Adds a gradient to a leaf's sum. */
  public void add(Variable leaf, Tensor gradient) {
    Elementwise.addInPlace(sum(leaf), gradient);
  }

  /** Sets all sums to zero and keeps their memory. */
  public void zero() {
    order.forEach(v -> of(v).device().elementwise().fill(of(v), 0));
  }

  /** The global L2 norm of all gradients. */
  public double norm() {
    if (order.isEmpty()) {
      return 0;
    }
    Tensor first = of(order.getFirst());
    try (var _ = first.device().memory().scope()) {
      // All sums of squares go into one tensor, so that one copy from the device is enough.
      Tensor squares = first.device().allocate(first.dtype(), Shape.of(order.size()));
      for (int i = 0; i < order.size(); i++) {
        Tensor flat = of(order.get(i)).reshape(-1);
        flat.device()
            .reductions()
            .reduce(ReduceOp.SUM_OF_SQUARES, flat, new boolean[] {true}, squares.narrow(i, 1));
      }
      double sum = 0;
      for (double s : squares.toDoubles()) {
        sum += s;
      }
      return Math.sqrt(sum);
    }
  }

  /**
   * The factor that {@code torch.nn.utils.clip_grad_norm_} multiplies gradients of this norm by:
   * {@code min(1, maxNorm / (norm + 1e-6))}.
   */
  public static double clipFactor(double norm, double maxNorm) {
    return Math.min(1, maxNorm / (norm + 1e-6));
  }

  /**
   * Scales all gradients in place so that their norm is at most {@code maxNorm}. To save that pass,
   * pass {@link #clipFactor} to {@link AdamW#step} instead.
   *
   * @return the norm before
   */
  public double clip(double maxNorm) {
    double norm = norm();
    double factor = clipFactor(norm, maxNorm);
    order.forEach(v -> scale(of(v), factor));
    return norm;
  }

  private static void scale(Tensor t, double factor) {
    t.device().elementwise().unary(UnaryOp.AFFINE, factor, 0, t, t);
  }

  /** Returns all memory. */
  @Override
  public void close() {
    sums.values().forEach(Tensor::release);
    sums.clear();
    order.clear();
  }

  private Tensor sum(Variable leaf) {
    Tensor sum = sums.get(leaf);
    if (sum == null) {
      Tensor value = leaf.value();
      DType dtype = DType.arithmetic(value);
      sum = Tensor.zeros(value.device(), dtype, value.shape()).keepForever();
      sums.put(leaf, sum);
      order.add(leaf);
    }
    return sum;
  }
}
