package org.diffusionnft.trainer.objective;

import java.util.Arrays;

/**
 * The core of Centered Reward Distillation: the model's implicit rewards are trained to differ from
 * one another as the external ones do. The mean is subtracted from both, because the model's
 * rewards are only known up to a constant that all images of a prompt share, which cancels this
 * way.
 *
 * <p>With {@code R_b = r_b - Σ p r} and {@code C_b = c_b - Σ p c} over all {@code N} images and
 * weights {@code p}, the loss is the mean over this batch's own images of {@code (β R_b - C_b)²},
 * or of the cross entropy of {@code sigmoid(β R_b)} and {@code sigmoid(C_b)}. The mean {@code Σ p
 * r} is detached, although an image contributes to it.
 *
 * @param objective how differences are compared
 * @param beta {@code β}, the factor on the model's rewards, at least 0
 * @param temperature of the weights: negative for {@code p = 1/N}; above 0 for the mean of two
 *     losses, of {@code p = softmax(c / temperature)} and of {@code softmax(-c / temperature)}; 0
 *     also for the mean of two, with {@code softmax(c)} over the images above 0 and over those
 *     below, or {@code 1/N} if there are none
 */
public record Centering(Objective objective, double beta, double temperature) {
  /** How differences are compared. */
  public enum Objective {
    /** By the squared error. */
    MSE,
    /** By the cross entropy of their sigmoids. */
    BCE
  }

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException for a number out of its range
   */
  public Centering {
    if (!(beta >= 0) || Double.isInfinite(beta) || !Double.isFinite(temperature)) {
      throw new IllegalArgumentException(
          "beta must be at least 0 and the temperature a number, not %s and %s"
              .formatted(beta, temperature));
    }
  }

  /**
   * The loss.
   *
   * @param value the mean over the own images
   * @param gradient d value / d model's rewards of the own images, one per own image
   */
  public record Outcome(double value, double[] gradient) {}

  /**
   * Evaluates the loss.
   *
   * @param external the external rewards, {@code [N]}
   * @param model the model's implicit rewards, {@code [N]}
   * @param own how many images, from the first on, are own images, which the loss is averaged over
   * @throws IllegalArgumentException if the sizes do not fit each other
   */
  public Outcome evaluate(double[] external, double[] model, int own) {
    if (own < 1 || own > model.length || external.length != model.length) {
      throw new IllegalArgumentException(
          "%d own images of %d need as many external rewards, not %d"
              .formatted(own, model.length, external.length));
    }
    if (temperature < 0) {
      double[] uniform = new double[model.length];
      Arrays.fill(uniform, 1.0 / model.length);
      return towards(uniform, external, model, own);
    }
    Outcome high = towards(weights(external, 1), external, model, own);
    Outcome low = towards(weights(external, -1), external, model, own);
    double[] gradient = new double[own];
    Arrays.setAll(gradient, b -> 0.5 * high.gradient[b] + 0.5 * low.gradient[b]);
    return new Outcome(0.5 * high.value + 0.5 * low.value, gradient);
  }

  /** The weights of one direction: {@code sign} 1 prefers high rewards, -1 low ones. */
  private double[] weights(double[] external, int sign) {
    double[] logits = new double[external.length];
    if (temperature > 0) {
      Arrays.setAll(logits, i -> sign * external[i] / temperature);
      return softmax(logits);
    }
    // Among low rewards too, a higher reward has a higher weight, as in the reference code.
    boolean any = Arrays.stream(external).anyMatch(c -> sign * c > 0);
    Arrays.setAll(
        logits,
        i -> {
          if (!any) {
            return 0;
          }
          return sign * external[i] > 0 ? external[i] : Double.NEGATIVE_INFINITY;
        });
    return softmax(logits);
  }

  private static double[] softmax(double[] logits) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double[] weights = Arrays.stream(logits).map(x -> Math.exp(x - largest)).toArray();
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(w -> w / sum).toArray();
  }

  private Outcome towards(double[] weights, double[] external, double[] model, int own) {
    double externalMean = 0;
    double modelMean = 0;
    for (int i = 0; i < weights.length; i++) {
      externalMean += weights[i] * external[i];
      modelMean += weights[i] * model[i];
    }
    double value = 0;
    double[] gradient = new double[own];
    for (int b = 0; b < own; b++) {
      double wanted = external[b] - externalMean;
      double z = beta * (model[b] - modelMean);
      value +=
          switch (objective) {
            case MSE -> (z - wanted) * (z - wanted);
            case BCE -> crossEntropy(z, sigmoid(wanted));
          };
      double slope =
          switch (objective) {
            case MSE -> 2 * (z - wanted);
            case BCE -> sigmoid(z) - sigmoid(wanted);
          };
      gradient[b] = slope * beta / own;
    }
    return new Outcome(value / own, gradient);
  }

  /** {@code -y log sigmoid(z) - (1 - y) log(1 - sigmoid(z))} without overflow. */
  private static double crossEntropy(double z, double y) {
    return Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)));
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
