package org.diffusionnft.trainer.grpo;

import org.diffusionnft.models.solver.GaussianStep;
import org.jspecify.annotations.Nullable;

/**
 * The loss of Flow-GRPO (Liu et al., arXiv 2505.05470) and DanceGRPO (Xue et al., arXiv
 * 2505.07818): a pure function of predictions, one step of a sampled trajectory, and advantages.
 *
 * <p>A step of a stochastic solver is a normal distribution of the next latents. With {@code ρ =
 * exp(log p_θ(x'|x) - log p_old(x'|x))}, where log densities are means over elements, it minimises
 *
 * <pre>{@code
 * L = mean_b max(-a_b ρ_b, -a_b clip(ρ_b, 1 - clipRange, 1 + clipRange))
 *   + klWeight · mean_b( mean((μ_θ - μ_ref)²) / (2 σ_t²) ).
 * }</pre>
 *
 * <p>Arithmetic is as in {@code train_sd3.py} of the Flow-GRPO code: densities and ratios in
 * float32, advantages and therefore the policy loss in float64.
 *
 * @param clipRange how far the ratio may move from 1 before it is clipped, above 0
 * @param klWeight weight of the pull to the reference model, at least 0; 0 in DanceGRPO
 * @param advClipMax advantages are clipped to this many standard deviations, above 0
 */
public record GrpoLoss(double clipRange, double klWeight, double advClipMax) implements PathLoss {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException for a number out of its range
   */
  public GrpoLoss {
    require("clipRange", clipRange, clipRange > 0, "above 0");
    require("klWeight", klWeight, klWeight >= 0, "at least 0");
    require("advClipMax", advClipMax, advClipMax > 0, "above 0");
  }

  /**
   * One step of {@code B} trajectories, {@code N} numbers each, row-major.
   *
   * @param latents before the step, {@code [B, N]}
   * @param next after it, {@code [B, N]}
   * @param logProbs mean log densities under the policy that sampled, {@code [B]}
   * @param steps the distribution of each sample's step, {@code [B]}
   * @param advantages {@code [B]}
   * @param oldMeans means of the steps under the policy that sampled, {@code [B, N]}; {@link
   *     GuardLoss} needs them
   */
  public record Sampled(
      float[] latents,
      float[] next,
      float[] logProbs,
      GaussianStep[] steps,
      double[] advantages,
      float @Nullable [] oldMeans) {
    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException if they do not fit each other
     */
    public Sampled {
      int samples = advantages.length;
      if (samples == 0
          || logProbs.length != samples
          || steps.length != samples
          || latents.length % samples != 0
          || next.length != latents.length
          || (oldMeans != null && oldMeans.length != latents.length)) {
        throw new IllegalArgumentException(
            "a step of %d trajectories needs latents of one size and a density each, not %d, %d and %d"
                .formatted(samples, latents.length, next.length, logProbs.length));
      }
    }

    /** A step without the old means. */
    public Sampled(
        float[] latents,
        float[] next,
        float[] logProbs,
        GaussianStep[] steps,
        double[] advantages) {
      this(latents, next, logProbs, steps, advantages, null);
    }

    /** Adds the old means, computed from the velocity of the policy that sampled. */
    public Sampled withOldVelocity(float[] velocity) {
      return new Sampled(latents, next, logProbs, steps, advantages, means(velocity));
    }

    int samples() {
      return advantages.length;
    }

    int perSample() {
      return latents.length / advantages.length;
    }

    /** The means of the steps for a velocity, {@code [B, N]}. */
    float[] means(float[] velocity) {
      if (velocity.length != latents.length) {
        throw new IllegalArgumentException(
            "%d latents need as many velocities, not %d"
                .formatted(latents.length, velocity.length));
      }
      float[] means = new float[velocity.length];
      for (int i = 0; i < means.length; i++) {
        means[i] = steps[i / perSample()].mean(latents[i], velocity[i]);
      }
      return means;
    }

    /** The mean square of the difference of two arrays over sample {@code b}. */
    float meanSquare(int b, float[] x, float[] y) {
      int n = perSample();
      double sum = 0;
      for (int i = b * n; i < (b + 1) * n; i++) {
        float d = x[i] - y[i];
        sum += d * d;
      }
      return (float) (sum / n);
    }
  }

  /**
   * The loss and its intermediate values.
   *
   * @param velocity the prediction, {@code [B, N]}
   * @param gradient d loss / d velocity, {@code [B, N]}
   * @param logProb {@code [B]}
   * @param ratio {@code [B]}
   * @param mean of the policy's steps, {@code [B, N]}
   * @param referenceMean of the reference's, {@code [B, N]}, if it was computed
   * @param terms what is logged
   */
  public record Outcome(
      float[] velocity,
      float[] gradient,
      float[] logProb,
      float[] ratio,
      float[] mean,
      float @Nullable [] referenceMean,
      GrpoTerms terms) {}

  @Override
  public Outcome evaluate(Sampled sampled, float[] velocity, float @Nullable [] reference) {
    if (klWeight > 0 && reference == null) {
      throw new IllegalArgumentException(
          "klWeight is " + klWeight + ", so the loss needs the prediction of the reference model");
    }
    int samples = sampled.samples();
    float[] mean = sampled.means(velocity);
    float[] referenceMean = reference == null ? null : sampled.means(reference);
    float[] logProb = new float[samples];
    float[] ratio = new float[samples];
    float[] gradient = new float[velocity.length];
    double policy = 0;
    double kl = 0;
    double squares = 0;
    int above = 0;
    int below = 0;
    for (int b = 0; b < samples; b++) {
      logProb[b] = sampled.steps[b].logProb(sampled.meanSquare(b, sampled.next, mean));
      float change = logProb[b] - sampled.logProbs[b];
      ratio[b] = (float) Math.exp(change);
      double advantage = Math.clamp(sampled.advantages[b], -advClipMax, advClipMax);
      double free = -advantage * ratio[b];
      double clipped =
          -advantage * Math.clamp(ratio[b], (float) (1 - clipRange), (float) (1 + clipRange));
      policy += Math.max(free, clipped);
      squares += change * change;
      above += ratio[b] - 1 > (float) clipRange ? 1 : 0;
      below += 1 - ratio[b] > (float) clipRange ? 1 : 0;
      if (free >= clipped) {
        addPolicyGradient(sampled, b, mean, free / samples, gradient);
      }
      if (referenceMean != null) {
        float diffusion = sampled.steps[b].diffusion();
        kl += sampled.meanSquare(b, mean, referenceMean) / (2 * diffusion * diffusion);
        addKlGradient(sampled, b, mean, referenceMean, gradient);
      }
    }
    double klLoss = kl / samples;
    GrpoTerms terms =
        new GrpoTerms(
            policy / samples + klWeight * klLoss,
            policy / samples,
            klLoss,
            squares / samples / 2,
            (double) (above + below) / samples,
            (double) above / samples,
            (double) below / samples);
    return new Outcome(velocity, gradient, logProb, ratio, mean, referenceMean, terms);
  }

  /** {@code share · d log p / d v} with {@code d log p / d μ = (x' - μ) / (variance N)}. */
  private static void addPolicyGradient(
      Sampled sampled, int b, float[] mean, double share, float[] gradient) {
    GaussianStep step = sampled.steps[b];
    int n = sampled.perSample();
    float each = (float) (share * step.slope() / step.variance() / n);
    for (int i = b * n; i < (b + 1) * n; i++) {
      gradient[i] += each * (sampled.next[i] - mean[i]);
    }
  }

  private void addKlGradient(
      Sampled sampled, int b, float[] mean, float[] reference, float[] gradient) {
    GaussianStep step = sampled.steps[b];
    int n = sampled.perSample();
    double variance = (double) step.diffusion() * step.diffusion();
    float each = (float) (klWeight * step.slope() / variance / n / sampled.samples());
    for (int i = b * n; i < (b + 1) * n; i++) {
      gradient[i] += each * (mean[i] - reference[i]);
    }
  }

  private static void require(String name, double value, boolean within, String range) {
    if (!within || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be " + range + ", not " + value);
    }
  }
}
