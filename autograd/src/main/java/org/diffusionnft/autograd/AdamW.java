package org.diffusionnft.autograd;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.OptimizerKernels;
import org.diffusionnft.tensor.Tensor;

/**
 * {@code torch.optim.AdamW}: Adam with decoupled weight decay (Loshchilov and Hutter, arXiv
 * 1711.05101). Updates the parameters' memory in place. A parameter without a gradient in {@link
 * Gradients} is skipped.
 */
public final class AdamW implements AutoCloseable {
  /**
   * The hyperparameters.
   *
   * @param learningRate step size
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param eps added to the denominator
   * @param weightDecay decoupled weight decay
   */
  public record Settings(
      double learningRate, double beta1, double beta2, double eps, double weightDecay) {}

  private final List<Variable> parameters;
  private final List<Tensor> firstMoments = new ArrayList<>();
  private final List<Tensor> secondMoments = new ArrayList<>();
  private Settings settings;
  private long step;

  /** Starts with zero moments for these parameters, which must be F32 (or F64). */
  public AdamW(List<Variable> parameters, Settings settings) {
    this.parameters = List.copyOf(parameters);
    this.settings = settings;
    for (Variable p : parameters) {
      Tensor value = p.value();
      if (value.dtype() != DType.F32 && value.dtype() != DType.F64) {
        throw new IllegalArgumentException(
            "AdamW trains F32 parameters; one of shape " + p.shape() + " is " + value.dtype());
      }
      firstMoments.add(zerosLike(value));
      secondMoments.add(zerosLike(value));
    }
  }

  /** The current hyperparameters. */
  public Settings settings() {
    return settings;
  }

  /** Sets the hyperparameters from the next step on, for a learning rate schedule. */
  public void settings(Settings next) {
    settings = next;
  }

  /** Number of steps done. */
  public long step() {
    return step;
  }

  /** Sets the number of steps done, when a run is resumed. */
  public void step(long done) {
    step = done;
  }

  /** The parameters, in the order of the moments. */
  public List<Variable> parameters() {
    return parameters;
  }

  /** The first moments: saved in checkpoints, and overwritten when a run is resumed. */
  public List<Tensor> firstMoments() {
    return List.copyOf(firstMoments);
  }

  /** The second moments; see {@link #firstMoments}. */
  public List<Tensor> secondMoments() {
    return List.copyOf(secondMoments);
  }

  /**
   * One step.
   *
   * @param gradientScale factor applied to every gradient first: {@link Gradients#clipFactor}, or 1
   */
  public void step(Gradients gradients, double gradientScale) {
    step++;
    OptimizerKernels.AdamW numbers =
        new OptimizerKernels.AdamW(
            settings.learningRate(),
            settings.beta1(),
            settings.beta2(),
            settings.eps(),
            settings.weightDecay(),
            step);
    for (int i = 0; i < parameters.size(); i++) {
      Variable p = parameters.get(i);
      Tensor gradient = gradients.find(p);
      if (gradient != null) {
        p.device()
            .optimizer()
            .adamW(
                p.value(),
                gradient,
                firstMoments.get(i),
                secondMoments.get(i),
                numbers,
                gradientScale);
      }
    }
  }

  /** Returns the moments' memory. */
  @Override
  public void close() {
    firstMoments.forEach(Tensor::release);
    secondMoments.forEach(Tensor::release);
  }

  private static Tensor zerosLike(Tensor t) {
    return Tensor.zeros(t.device(), t.dtype(), t.shape()).keepForever();
  }
}
