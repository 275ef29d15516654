package org.diffusionnft.trainer.nft;

import org.jspecify.annotations.Nullable;

/**
 * The DiffusionNFT policy loss (Zheng et al., arXiv 2509.16117): a pure function of predictions,
 * images and advantages.
 *
 * <p>With {@code x_t = (1 - t) x₀ + t ε}, target velocity {@code v = ε - x₀} and optimality {@code
 * r} in [0, 1], the paper minimises
 *
 * <pre>{@code
 * E[ r ‖v_θ⁺ - v‖² + (1 - r) ‖v_θ⁻ - v‖² ],   v_θ⁺ = (1 - β) v_old + β v_θ,
 *                                             v_θ⁻ = (1 + β) v_old - β v_θ,
 * }</pre>
 *
 * whose minimiser is {@code v_old + (1/β) E[(2r - 1)(v - v_old)] = v_old + (2/β) Δ}, the paper's
 * theorem on policy optimization. The reference code, which this follows number by number, computes
 *
 * <pre>{@code
 * L = mean_b( advClipMax / β · ( r_b ℓ(v_θ⁺) + (1 - r_b) ℓ(v_θ⁻) ) ) + referenceMseWeight · mean((v_θ - v_ref)²)
 * ℓ(v_θ±) = mean( (x̂₀ - x₀)² ) / w,   x̂₀ = x_t - t v_θ±,   w = max(mean|x̂₀ - x₀|, 1e-5)
 * }</pre>
 *
 * It differs from the paper in that the error is that of the clean images ({@code t²} times that of
 * velocities), is divided by the sample's own mean absolute error (detached), and that the sum is
 * scaled by {@code advClipMax / β}. The reference code calls both {@link #guidanceBeta} and {@link
 * #referenceMseWeight} "beta".
 *
 * <p>Arithmetic: what is float32 in the reference code (predictions, squared errors, the reference
 * term) is {@code float} here, what is float64 there ({@code r}, {@code w}, the policy loss) is
 * {@code double}; means of float32 are summed in double and rounded once.
 *
 * @param guidanceBeta {@code β} of the implicit policies, above 0; the reference configurations use
 *     1 and 0.1
 * @param referenceMseWeight weight of the squared distance to the frozen base model, at least 0
 * @param advClipMax advantages are clipped to this many standard deviations, above 0
 * @param advantageMode how clipped advantages are transformed
 * @param branches whether the negative policy contributes
 * @param weighting what squared errors are divided by
 * @param optimalityOffset added to every {@code r}, in [0, 0.5]; not in the paper or its code,
 *     where it is 0
 */
public record NftLoss(
    double guidanceBeta,
    double referenceMseWeight,
    double advClipMax,
    AdvantageMode advantageMode,
    LossBranches branches,
    LossWeighting weighting,
    double optimalityOffset) {

  private static final double SMALLEST_WEIGHT = 1e-5;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException for a number out of its range
   */
  public NftLoss {
    requireRange("guidanceBeta", guidanceBeta, guidanceBeta > 0, "above 0");
    requireRange("referenceMseWeight", referenceMseWeight, referenceMseWeight >= 0, "at least 0");
    requireRange("advClipMax", advClipMax, advClipMax > 0, "above 0");
    boolean small = optimalityOffset >= 0 && optimalityOffset <= 0.5;
    requireRange("optimalityOffset", optimalityOffset, small, "from 0 to 0.5");
  }

  /** The loss without an optimality offset. */
  public NftLoss(
      double guidanceBeta,
      double referenceMseWeight,
      double advClipMax,
      AdvantageMode advantageMode,
      LossBranches branches,
      LossWeighting weighting) {
    this(guidanceBeta, referenceMseWeight, advClipMax, advantageMode, branches, weighting, 0);
  }

  /** The loss with both branches. */
  public NftLoss(
      double guidanceBeta,
      double referenceMseWeight,
      double advClipMax,
      AdvantageMode advantageMode,
      LossWeighting weighting) {
    this(guidanceBeta, referenceMseWeight, advClipMax, advantageMode, LossBranches.BOTH, weighting);
  }

  /** The reference code's numbers for GenEval: β 1, reference weight 1e-4, clipping at 5. */
  public static NftLoss official() {
    return new NftLoss(1, 1e-4, 5, AdvantageMode.ALL, LossWeighting.SELF_NORMALIZED);
  }

  /** The optimality {@code r} of an image with this advantage, in [0, 1]. */
  public double optimality(double advantage) {
    return Math.min(advantageMode.optimality(advantage, advClipMax) + optimalityOffset, 1);
  }

  /**
   * The inputs of the loss: {@code B} samples of {@code N} numbers each, row-major.
   *
   * @param forward prediction of the policy in training, {@code [B, N]}
   * @param old prediction of the old policy, {@code [B, N]}
   * @param reference prediction of the frozen base model, {@code [B, N]}, if it was computed
   * @param x0 clean images, {@code [B, N]}
   * @param xt noised images, {@code [B, N]}
   * @param t noise levels in (0, 1], {@code [B]}
   * @param advantages {@code [B]}
   */
  public record Batch(
      float[] forward,
      float[] old,
      float @Nullable [] reference,
      float[] x0,
      float[] xt,
      float[] t,
      double[] advantages) {

    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException if they do not fit each other
     */
    public Batch {
      int samples = advantages.length;
      boolean fits =
          samples > 0
              && t.length == samples
              && x0.length % samples == 0
              && forward.length == x0.length
              && old.length == x0.length
              && xt.length == x0.length
              && (reference == null || reference.length == x0.length);
      if (!fits) {
        throw new IllegalArgumentException(
            "an NFT batch of %d samples needs predictions and images of one size, not %d, %d, %d, %d"
                .formatted(samples, forward.length, old.length, x0.length, xt.length));
      }
    }

    /** A batch without the prediction of the base model. */
    public Batch(
        float[] forward, float[] old, float[] x0, float[] xt, float[] t, double[] advantages) {
      this(forward, old, null, x0, xt, t, advantages);
    }

    int samples() {
      return advantages.length;
    }

    int perSample() {
      return x0.length / advantages.length;
    }
  }

  /**
   * The loss and its intermediate values.
   *
   * @param gradient d total / d forward, {@code [B, N]}
   * @param samples terms of each sample
   * @param terms what is logged
   */
  public record Outcome(float[] gradient, SampleTerms samples, LossTerms terms) {}

  /**
   * Terms per sample, each {@code [B]}.
   *
   * @param r optimality
   * @param positiveLoss {@code ℓ(v_θ⁺)}
   * @param negativeLoss {@code ℓ(v_θ⁻)}
   * @param positiveWeight {@code w} of {@code v_θ⁺}
   * @param negativeWeight {@code w} of {@code v_θ⁻}
   * @param policyLoss {@code (r ℓ(v_θ⁺) + (1 - r) ℓ(v_θ⁻)) / β}, without {@code advClipMax}
   */
  public record SampleTerms(
      double[] r,
      double[] positiveLoss,
      double[] negativeLoss,
      double[] positiveWeight,
      double[] negativeWeight,
      double[] policyLoss) {
    SampleTerms(int samples) {
      this(
          new double[samples],
          new double[samples],
          new double[samples],
          new double[samples],
          new double[samples],
          new double[samples]);
    }
  }

  /**
   * Evaluates the loss and its gradient.
   *
   * @throws IllegalArgumentException if {@link #referenceMseWeight} is above 0 and the batch has no
   *     reference prediction
   */
  public Outcome evaluate(Batch batch) {
    if (referenceMseWeight > 0 && batch.reference() == null) {
      throw new IllegalArgumentException(
          "referenceMseWeight is "
              + referenceMseWeight
              + ", so the loss needs the prediction of the reference model");
    }
    int samples = batch.samples();
    SampleTerms s = new SampleTerms(samples);
    float[] gradient = referenceGradient(batch);
    for (int b = 0; b < samples; b++) {
      s.r[b] = optimality(batch.advantages[b]);
      double share = advClipMax / samples / guidanceBeta;
      Branch positive = new Branch(batch, b, (float) guidanceBeta, (float) (1 - guidanceBeta));
      Branch negative = new Branch(batch, b, (float) -guidanceBeta, (float) (1 + guidanceBeta));
      s.negativeWeight[b] = weight(negative, batch.t[b]);
      s.positiveWeight[b] = weight(positive, batch.t[b]);
      s.negativeLoss[b] = negative.loss(s.negativeWeight[b]);
      s.positiveLoss[b] = positive.loss(s.positiveWeight[b]);
      negative.addGradient(branches.negative(s.r[b]) * share, s.negativeWeight[b], gradient);
      positive.addGradient(branches.positive(s.r[b]) * share, s.positiveWeight[b], gradient);
      s.policyLoss[b] =
          branches.positive(s.r[b]) * s.positiveLoss[b] / guidanceBeta
              + branches.negative(s.r[b]) * s.negativeLoss[b] / guidanceBeta;
    }
    return new Outcome(gradient, s, LossTerms.of(this, batch, s));
  }

  private double weight(Branch branch, float t) {
    return switch (weighting) {
      case SELF_NORMALIZED -> Math.max(branch.meanAbsoluteError(), SMALLEST_WEIGHT);
      case UNIFORM -> (double) t * t;
      case T -> t;
      case ONE_MINUS_T -> (double) t * t / (1 - t);
    };
  }

  /** The gradient of the reference term; zeros if its weight is 0. */
  private float[] referenceGradient(Batch batch) {
    float[] gradient = new float[batch.x0.length];
    float[] reference = batch.reference;
    if (reference != null && referenceMseWeight > 0) {
      float each = (float) referenceMseWeight / batch.samples() / batch.perSample();
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = each * (2 * (batch.forward[i] - reference[i]));
      }
    }
    return gradient;
  }

  /**
   * One implicit policy of one sample: {@code v_θ± = a v_θ + c v_old}.
   *
   * @param a {@code β} or {@code -β}
   * @param c {@code 1 - β} or {@code 1 + β}
   */
  private record Branch(Batch batch, int sample, float a, float c) {

    /** Element {@code i} of {@code x̂₀}. */
    float prediction(int i) {
      float v = a * batch.forward[i] + c * batch.old[i];
      return batch.xt[i] - batch.t[sample] * v;
    }

    /** Element {@code i} of {@code x̂₀ - x₀}. */
    float error(int i) {
      return prediction(i) - batch.x0[i];
    }

    double meanAbsoluteError() {
      double sum = 0;
      for (int i = start(); i < end(); i++) {
        sum += Math.abs((double) prediction(i) - batch.x0[i]);
      }
      return sum / batch.perSample();
    }

    double loss(double weight) {
      double sum = 0;
      for (int i = start(); i < end(); i++) {
        float e = error(i);
        sum += e * e / weight;
      }
      return sum / batch.perSample();
    }

    /**
     * Adds {@code share · d loss / d v_θ}, rounded where autograd would pass through float32
     * tensors.
     */
    void addGradient(double share, double weight, float[] gradient) {
      float each = (float) (share / batch.perSample() / weight);
      float t = batch.t[sample];
      for (int i = start(); i < end(); i++) {
        gradient[i] += -(each * (2 * error(i))) * t * a;
      }
    }

    int start() {
      return sample * batch.perSample();
    }

    int end() {
      return start() + batch.perSample();
    }
  }

  private static void requireRange(String name, double value, boolean within, String range) {
    if (!within || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be " + range + ", not " + value);
    }
  }
}
