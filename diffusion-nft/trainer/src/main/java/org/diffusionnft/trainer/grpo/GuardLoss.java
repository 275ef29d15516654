package org.diffusionnft.trainer.grpo;

import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.trainer.objective.Bounds;
import org.jspecify.annotations.Nullable;

/**
 * The loss of GRPO-Guard (Wang et al., arXiv 2510.22319): that of {@link GrpoLoss}, but with a
 * ratio that has the same distribution at every step, and with equal weights of the steps.
 *
 * <p>The plain log ratio is negative on average, more so the less noise a step draws, so the upper
 * clip is hardly ever reached and the policy over-optimizes. With {@code s} the standard deviation
 * of a step and {@code μ_old} its mean under the policy that sampled,
 *
 * <pre>{@code
 * ρ = exp( s (log p_θ(x'|x) - log p_old(x'|x) + b) ),   b = mean((μ_θ - μ_old)²) / (2 s²),
 * L = mean_b( max(-a_b ρ_b, -a_b clip(ρ_b)) / -dt_b ) + klWeight · pull.
 * }</pre>
 *
 * <p>As {@code x' = μ_old + s ε}, the log ratio is {@code mean((μ_θ - μ_old) ε)}: linear in the
 * change, with mean 0 and independent of {@code s}. The gradient flows through {@code b}.
 *
 * <p>Arithmetic: densities and ratios in float32, advantages and therefore the policy loss in
 * float64.
 *
 * @param clip range that the ratio is clipped to
 * @param advantages range that advantages are clipped to
 * @param bias what {@code b} is a mean over
 * @param reweighted whether the loss of a step is divided by its {@code -dt}
 * @param pull which distance to the reference is used
 * @param klWeight its weight, at least 0
 */
public record GuardLoss(
    Bounds clip, Bounds advantages, Bias bias, boolean reweighted, Pull pull, double klWeight)
    implements PathLoss {

  /** What the ratio's correction term is averaged over. */
  public enum Bias {
    /** Each sample's elements, as in the paper. */
    SAMPLE,
    /** The whole batch, as in the authors' code; they call this a mistake. */
    BATCH
  }

  /** The distance to the reference. */
  public enum Pull {
    /** {@code mean((μ_θ - μ_ref)²) / (2 σ_t²)}, as in Flow-GRPO. */
    STEP,
    /** {@code mean((v_θ - v_ref)²)}. */
    VELOCITY,
    /** {@code mean((μ_θ - μ_ref)²)}. */
    MEAN
  }

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException for a weight below 0
   */
  public GuardLoss {
    if (!(klWeight >= 0) || Double.isInfinite(klWeight)) {
      throw new IllegalArgumentException("klWeight must be at least 0, not " + klWeight);
    }
  }

  /** The loss of the paper. */
  public GuardLoss(double clipRange, double klWeight, double advClipMax) {
    this(
        Bounds.aroundOne(clipRange),
        Bounds.within(advClipMax),
        Bias.SAMPLE,
        true,
        Pull.STEP,
        klWeight);
  }

  /**
   * The loss and its intermediate values.
   *
   * @param outcome the values that {@link GrpoLoss} has too
   * @param bias {@code b}, {@code [B]}
   * @param free {@code -a ρ}, {@code [B]}
   * @param clipped {@code -a clip(ρ)}, {@code [B]}
   */
  public record Guarded(GrpoLoss.Outcome outcome, float[] bias, double[] free, double[] clipped) {}

  @Override
  public GrpoLoss.Outcome evaluate(
      GrpoLoss.Sampled sampled, float[] velocity, float @Nullable [] reference) {
    return guarded(sampled, velocity, reference).outcome;
  }

  /** {@link #evaluate}, with the values specific to this loss. */
  public Guarded guarded(GrpoLoss.Sampled sampled, float[] velocity, float @Nullable [] reference) {
    float[] oldMean = sampled.oldMeans();
    if (oldMean == null) {
      throw new IllegalArgumentException("the guarded ratio needs the means of the old policy");
    }
    if (klWeight > 0 && reference == null) {
      throw new IllegalArgumentException(
          "klWeight is " + klWeight + ", so the loss needs the prediction of the reference model");
    }
    int samples = sampled.samples();
    float[] mean = sampled.means(velocity);
    float[] bias = biases(sampled, mean, oldMean);
    float[] logProb = new float[samples];
    float[] ratio = new float[samples];
    double[] free = new double[samples];
    double[] clipped = new double[samples];
    double[] slope = new double[samples];
    double policy = 0;
    double squares = 0;
    int above = 0;
    int below = 0;
    for (int b = 0; b < samples; b++) {
      GaussianStep step = sampled.steps()[b];
      logProb[b] = step.logProb(sampled.meanSquare(b, sampled.next(), mean));
      float change = logProb[b] - sampled.logProbs()[b];
      ratio[b] = (float) Math.exp((change + bias[b]) * step.std());
      double a = advantages.clip(sampled.advantages()[b]);
      free[b] = -a * ratio[b];
      clipped[b] = -a * Math.clamp(ratio[b], (float) clip.low(), (float) clip.high());
      double share = 1.0 / samples / (reweighted ? -step.dt() : 1);
      policy += Math.max(free[b], clipped[b]) * share;
      slope[b] = free[b] >= clipped[b] ? free[b] * share * step.std() : 0;
      squares += change * change;
      above += ratio[b] - 1 > (float) (clip.high() - 1) ? 1 : 0;
      below += 1 - ratio[b] > (float) (1 - clip.low()) ? 1 : 0;
    }
    float[] gradient = new float[velocity.length];
    addPolicyGradient(sampled, mean, oldMean, slope, gradient);
    float[] referenceMean = reference == null ? null : sampled.means(reference);
    double kl =
        reference == null || referenceMean == null
            ? 0
            : switch (pull) {
              case VELOCITY -> pulled(sampled, velocity, reference, gradient);
              case STEP, MEAN -> pulled(sampled, mean, referenceMean, gradient);
            };
    GrpoTerms terms =
        new GrpoTerms(
            policy + klWeight * kl,
            policy,
            kl,
            squares / samples / 2,
            (double) (above + below) / samples,
            (double) above / samples,
            (double) below / samples);
    return new Guarded(
        new GrpoLoss.Outcome(velocity, gradient, logProb, ratio, mean, referenceMean, terms),
        bias,
        free,
        clipped);
  }

  private float[] biases(GrpoLoss.Sampled sampled, float[] mean, float[] oldMean) {
    int samples = sampled.samples();
    float[] squares = new float[samples];
    double sum = 0;
    for (int b = 0; b < samples; b++) {
      squares[b] = sampled.meanSquare(b, mean, oldMean);
      sum += squares[b];
    }
    float[] biases = new float[samples];
    for (int b = 0; b < samples; b++) {
      float square = bias == Bias.BATCH ? (float) (sum / samples) : squares[b];
      biases[b] = square / (float) (2 * sampled.steps()[b].variance());
    }
    return biases;
  }

  /**
   * With {@code slope_b} for {@code d L / d (log p_b + b)}, {@code d log p / d μ = (x' - μ) / (s²
   * N)} and {@code d b / d μ = (μ - μ_old) / (s² N)} for the sample itself, or a share of it for
   * each sample of the batch.
   */
  private void addPolicyGradient(
      GrpoLoss.Sampled sampled, float[] mean, float[] oldMean, double[] slope, float[] gradient) {
    int n = sampled.perSample();
    double ofBatch = 0;
    for (int b = 0; b < slope.length; b++) {
      ofBatch += slope[b] / sampled.steps()[b].variance() / slope.length;
    }
    for (int b = 0; b < slope.length; b++) {
      GaussianStep step = sampled.steps()[b];
      double ofSample = slope[b] / step.variance();
      float own = (float) (ofSample * step.slope() / n);
      float byBias = (float) ((bias == Bias.BATCH ? ofBatch : ofSample) * step.slope() / n);
      for (int i = b * n; i < (b + 1) * n; i++) {
        gradient[i] += own * (sampled.next()[i] - mean[i]) + byBias * (mean[i] - oldMean[i]);
      }
    }
  }

  /** The mean distance of two velocities or means; adds its weighted gradient. */
  private double pulled(GrpoLoss.Sampled sampled, float[] x, float[] y, float[] gradient) {
    int n = sampled.perSample();
    int samples = sampled.samples();
    double sum = 0;
    for (int b = 0; b < samples; b++) {
      GaussianStep step = sampled.steps()[b];
      double diffusion = step.diffusion();
      double over = pull == Pull.STEP ? 2 * diffusion * diffusion : 1;
      double inner = pull == Pull.VELOCITY ? 1 : step.slope();
      sum += sampled.meanSquare(b, x, y) / over;
      float each = (float) (klWeight * 2 * inner / over / n / samples);
      for (int i = b * n; i < (b + 1) * n; i++) {
        gradient[i] += each * (x[i] - y[i]);
      }
    }
    return sum / samples;
  }
}
