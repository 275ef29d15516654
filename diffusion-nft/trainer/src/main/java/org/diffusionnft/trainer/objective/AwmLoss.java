package org.diffusionnft.trainer.objective;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Advantage Weighted Matching (Xue et al., arXiv 2509.25050): a pure function of predictions,
 * images and advantages.
 *
 * <p>It is a policy gradient whose log likelihood is the negative pretraining loss. With {@code x_t
 * = (1 - t) x₀ + t ε}, {@code e_θ = mean((v_θ - (ε - x₀))²)} and the log likelihood {@code ℓ_θ}
 * from a {@link LikelihoodWeighting}, it minimises
 *
 * <pre>{@code
 * L = mean( max(-a ρ, -a clip(ρ)) ) + klWeight · mean((v_θ - v_ref)² / w)
 *                                   + averageWeight · mean((v_θ - v_avg)² / w),   ρ = exp(ℓ_θ - ℓ_old),
 * }</pre>
 *
 * <p>whose gradient at the old policy is that of pretraining, each image's multiplied by its
 * advantage: both share one objective, which is the paper's point.
 *
 * <p>Arithmetic: all in double, as in the authors' code, which converts the predictions first;
 * noise levels and the {@code w} of {@link KlWeighting#ELBO} are floats.
 *
 * @param weighting how log likelihoods are computed from errors
 * @param power of {@link LikelihoodWeighting#GHUBER}, above 0
 * @param ratioOf what a ratio is computed for: each noise level of an image, or the image as a
 *     whole
 * @param clip range that the ratio is clipped to
 * @param advantages range that advantages are clipped to
 * @param advantageMax what the largest clipped advantage is scaled to; empty for no scaling
 * @param klWeight weight of the pull to the reference, at least 0
 * @param klWeighting of that pull
 * @param averageWeight weight of the pull to the policy's average, at least 0
 * @param averageWeighting of that pull
 */
@RecordBuilder
public record AwmLoss(
    LikelihoodWeighting weighting,
    double power,
    RatioOf ratioOf,
    Bounds clip,
    Bounds advantages,
    OptionalDouble advantageMax,
    double klWeight,
    KlWeighting klWeighting,
    double averageWeight,
    KlWeighting averageWeighting)
    implements AwmLossBuilder.With {

  /** What a ratio is computed for. */
  public enum RatioOf {
    /** Each noise level of an image has a ratio. */
    LEVEL,
    /** An image has one ratio, from the means of its log likelihoods. */
    IMAGE
  }

  /** How the squared distance of velocities is weighted. */
  public enum KlWeighting {
    /** As it is. */
    UNIFORM,
    /** Divided by {@code 2 s²} with {@code s = 0.7 sqrt(t / (1 - t))}, t at most 0.99 below. */
    ELBO
  }

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException for a number out of its range
   */
  public AwmLoss {
    require("power", power, power > 0, "above 0");
    require("klWeight", klWeight, klWeight >= 0, "at least 0");
    require("averageWeight", averageWeight, averageWeight >= 0, "at least 0");
  }

  /**
   * The inputs of the loss: {@code B} images at {@code T} noise levels each, {@code R = T B} rows
   * of {@code N} numbers, row {@code t B + b} being image {@code b}.
   *
   * @param forward prediction of the policy in training, {@code [R, N]}
   * @param old prediction of the policy that sampled, {@code [R, N]}
   * @param reference prediction of the frozen base, {@code [R, N]}, if it was computed
   * @param average prediction of the policy's average, {@code [R, N]}, if it was computed
   * @param x0 clean images, {@code [R, N]}
   * @param noise that they were mixed with, {@code [R, N]}
   * @param t noise levels in (0, 1], {@code [R]}
   * @param advantages {@code [B]}
   */
  public record Batch(
      float[] forward,
      float[] old,
      float @Nullable [] reference,
      float @Nullable [] average,
      float[] x0,
      float[] noise,
      float[] t,
      double[] advantages) {

    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException if they do not fit each other
     */
    public Batch {
      int size = x0.length;
      boolean fits =
          advantages.length > 0
              && t.length % advantages.length == 0
              && t.length > 0
              && size % t.length == 0
              && forward.length == size
              && old.length == size
              && noise.length == size
              && (reference == null || reference.length == size)
              && (average == null || average.length == size);
      if (!fits) {
        throw new IllegalArgumentException(
            "an AWM batch of %d images at %d noise levels needs predictions and images of one size"
                .formatted(advantages.length, t.length));
      }
    }

    int rows() {
      return t.length;
    }

    int images() {
      return advantages.length;
    }

    int perRow() {
      return x0.length / t.length;
    }
  }

  /**
   * The loss and its intermediate values.
   *
   * @param gradient d loss / d forward, {@code [R, N]}
   * @param logLikelihood of the policy in training, {@code [R]}
   * @param oldLogLikelihood of the policy that sampled, {@code [R]}
   * @param referenceLogLikelihood of the base, {@code [R]}, if it was computed
   * @param ratio {@code [R]}, or {@code [B]} for {@link RatioOf#IMAGE}
   * @param advantages factors of the ratios, clipped and scaled, one per ratio
   * @param free {@code -a ρ}
   * @param clipped {@code -a clip(ρ)}
   * @param deviation {@code s} of {@link KlWeighting#ELBO}, {@code [R]}
   * @param terms what is logged
   */
  public record Outcome(
      float[] gradient,
      double[] logLikelihood,
      double[] oldLogLikelihood,
      double @Nullable [] referenceLogLikelihood,
      double[] ratio,
      double[] advantages,
      double[] free,
      double[] clipped,
      float[] deviation,
      Terms terms) {}

  /**
   * The logged values of one evaluation.
   *
   * @param loss what is minimised
   * @param policyLoss the loss without the pulls
   * @param kl distance to the reference by row, not weighted by {@link #klWeight}; 0 without a
   *     reference
   * @param averageKl the same for the average
   * @param above fraction of ratios above the range
   * @param below fraction of ratios below it
   */
  public record Terms(
      double loss,
      double policyLoss,
      double[] kl,
      double[] averageKl,
      double above,
      double below) {}

  /**
   * Evaluates the loss and its gradient.
   *
   * @throws IllegalArgumentException if a pull has a weight and its prediction is missing
   */
  public Outcome evaluate(Batch batch) {
    requireThere("klWeight", klWeight, batch.reference);
    requireThere("averageWeight", averageWeight, batch.average);
    double[] gradient = new double[batch.x0.length];
    double[] likelihood = logLikelihoods(batch, batch.forward);
    double[] oldLikelihood = logLikelihoods(batch, batch.old);
    double[] ratio = ratios(batch, likelihood, oldLikelihood);
    double[] advantage = new double[ratio.length];
    double[] free = new double[ratio.length];
    double[] clipped = new double[ratio.length];
    double policy = 0;
    int above = 0;
    int below = 0;
    for (int i = 0; i < ratio.length; i++) {
      advantage[i] = scaled(batch.advantages[i % batch.images()]);
      free[i] = -advantage[i] * ratio[i];
      clipped[i] = -advantage[i] * clip.clip(ratio[i]);
      policy += Math.max(free[i], clipped[i]) / ratio.length;
      above += ratio[i] > clip.high() ? 1 : 0;
      below += ratio[i] < clip.low() ? 1 : 0;
      if (free[i] >= clipped[i]) {
        addPolicyGradient(batch, i, free[i] / ratio.length, gradient);
      }
    }
    float[] deviation = deviations(batch.t);
    double[] kl = pull(batch, batch.reference, klWeight, klWeighting, deviation, gradient);
    double[] averageKl =
        pull(batch, batch.average, averageWeight, averageWeighting, deviation, gradient);
    double loss = policy + klWeight * mean(kl) + averageWeight * mean(averageKl);
    return new Outcome(
        floats(gradient),
        likelihood,
        oldLikelihood,
        batch.reference == null ? null : logLikelihoods(batch, batch.reference),
        ratio,
        advantage,
        free,
        clipped,
        deviation,
        new Terms(
            loss,
            policy,
            kl,
            averageKl,
            (double) above / ratio.length,
            (double) below / ratio.length));
  }

  private double scaled(double advantage) {
    double a = advantages.clip(advantage);
    return advantageMax.isPresent() ? a / advantages.high() * advantageMax.getAsDouble() : a;
  }

  private double[] logLikelihoods(Batch batch, float[] velocity) {
    double[] all = new double[batch.rows()];
    for (int row = 0; row < all.length; row++) {
      all[row] = weighting.logLikelihood(error(batch, velocity, row), batch.t[row], power);
    }
    return all;
  }

  private static double error(Batch batch, float[] velocity, int row) {
    int n = batch.perRow();
    double sum = 0;
    for (int i = row * n; i < (row + 1) * n; i++) {
      double d = difference(batch, velocity, i);
      sum += d * d;
    }
    return sum / n;
  }

  private static double difference(Batch batch, float[] velocity, int i) {
    return velocity[i] - ((double) batch.noise[i] - batch.x0[i]);
  }

  private double[] ratios(Batch batch, double[] likelihood, double[] old) {
    int levels = ratioOf == RatioOf.LEVEL ? 1 : batch.rows() / batch.images();
    double[] ratios = new double[batch.rows() / levels];
    for (int i = 0; i < ratios.length; i++) {
      double change = 0;
      for (int level = 0; level < levels; level++) {
        int row = level * batch.images() + i;
        change += (likelihood[row] - old[row]) / levels;
      }
      ratios[i] = Math.exp(change);
    }
    return ratios;
  }

  /**
   * Adds {@code d (share · log ρ_i)}: {@code share} is {@code -a ρ / count}, for {@code dρ = ρ d
   * log ρ}.
   */
  private void addPolicyGradient(Batch batch, int i, double share, double[] gradient) {
    int n = batch.perRow();
    int levels = ratioOf == RatioOf.LEVEL ? 1 : batch.rows() / batch.images();
    for (int level = 0; level < levels; level++) {
      int row = level * batch.images() + i;
      double slope = weighting.slope(error(batch, batch.forward, row), batch.t[row], power);
      double each = share / levels * slope * 2 / n;
      for (int j = row * n; j < (row + 1) * n; j++) {
        gradient[j] += each * difference(batch, batch.forward, j);
      }
    }
  }

  /** The distances to another prediction by row; adds the gradient of their weighted mean. */
  private static double[] pull(
      Batch batch,
      float @Nullable [] other,
      double weight,
      KlWeighting weighting,
      float[] deviation,
      double[] gradient) {
    double[] distances = new double[batch.rows()];
    if (other != null) {
      int n = batch.perRow();
      for (int row = 0; row < distances.length; row++) {
        double s = deviation[row];
        double over = weighting == KlWeighting.ELBO ? 2 * s * s : 1;
        double each = weight / batch.rows() / over * 2 / n;
        double sum = 0;
        for (int i = row * n; i < (row + 1) * n; i++) {
          double d = (double) batch.forward[i] - other[i];
          sum += d * d;
          gradient[i] += each * d;
        }
        distances[row] = sum / n / over;
      }
    }
    return distances;
  }

  private static float[] deviations(float[] t) {
    float[] deviations = new float[t.length];
    for (int row = 0; row < t.length; row++) {
      deviations[row] =
          (float) Math.sqrt(t[row] / (1 - Math.clamp(t[row], 0, (float) 0.99))) * (float) 0.7;
    }
    return deviations;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static float[] floats(double[] x) {
    float[] out = new float[x.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) x[i];
    }
    return out;
  }

  private static void requireThere(String name, double weight, float @Nullable [] prediction) {
    if (weight > 0 && prediction == null) {
      throw new IllegalArgumentException(
          name + " is " + weight + ", so the loss needs the prediction that it pulls to");
    }
  }

  private static void require(String name, double value, boolean within, String range) {
    if (!within || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be " + range + ", not " + value);
    }
  }
}
