package org.diffusionnft.trainer.objective;

import org.jspecify.annotations.Nullable;

/**
 * Centered Reward Distillation (arXiv 2603.14128): a pure function of predictions, images and
 * advantages.
 *
 * <p>The optimal policy near an old one is {@code p_old exp(reward / β) / Z}, so a model has an
 * implicit reward: how much likelier it makes an image than the old policy does. With the
 * pretraining loss as likelihood and {@code v = ε - x₀},
 *
 * <pre>{@code
 * r_θ = -mean( (v_θ - v)² / w_θ - (v_old - v)² / w_old ),
 * L = advantages.high / β · centered(c, r_θ) + klWeight · mean(m(c) mean((v_θ - v_ref)²)),
 * }</pre>
 *
 * where {@code c = clamp(clip(a) / advantages.high / 2 + 1/2, 0, 1)}. {@link Centering} cancels the
 * unknown {@code Z}: adding a constant to all {@code r_θ} changes nothing.
 *
 * <p>The reference code centers over all images of a step, whatever their prompts; the paper
 * centers within a prompt.
 *
 * <p>Arithmetic: errors in float32, quotients and the policy loss in float64, as in the reference
 * code.
 *
 * @param centering how the model's rewards are compared with the external ones
 * @param adaptive whether {@code w} is the mean absolute error of each prediction, at least 1e-5
 *     and detached, or 1
 * @param advantages range that advantages are clipped to
 * @param klWeight weight of the pull to the reference, at least 0
 * @param rewardedPull whether the pull grows with the reward: from 1e-4 at the lowest to {@link
 *     #klWeight} at the highest
 */
public record CrdLoss(
    Centering centering,
    boolean adaptive,
    Bounds advantages,
    double klWeight,
    boolean rewardedPull) {
  private static final double SMALLEST_WEIGHT = 1e-5;
  private static final double SMALLEST_BETA = 1e-8;
  private static final double LOWEST_PULL = 1e-4;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException for a number out of its range
   */
  public CrdLoss {
    if (!(klWeight >= 0) || Double.isInfinite(klWeight)) {
      throw new IllegalArgumentException("klWeight must be at least 0, not " + klWeight);
    }
    if (advantages.high() <= 0) {
      throw new IllegalArgumentException(
          "advantages must be clipped to a number above 0, not " + advantages.high());
    }
  }

  /**
   * The inputs of the loss: {@code B} images of {@code N} numbers each, row-major.
   *
   * @param forward prediction of the policy in training, {@code [B, N]}
   * @param old prediction of the old policy, {@code [B, N]}
   * @param reference prediction of the base, with guidance if configured, {@code [B, N]}, if it was
   *     computed
   * @param x0 clean images, {@code [B, N]}
   * @param noise that they were mixed with, {@code [B, N]}
   * @param advantages {@code [B]}
   */
  public record Batch(
      float[] forward,
      float[] old,
      float @Nullable [] reference,
      float[] x0,
      float[] noise,
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
              && size % advantages.length == 0
              && forward.length == size
              && old.length == size
              && noise.length == size
              && (reference == null || reference.length == size);
      if (!fits) {
        throw new IllegalArgumentException(
            "a CRD batch of %d images needs predictions and images of one size"
                .formatted(advantages.length));
      }
    }

    int images() {
      return advantages.length;
    }

    int perImage() {
      return x0.length / advantages.length;
    }
  }

  /**
   * Images that other processes train on in the same step: they contribute only to the centers.
   *
   * @param ranks their {@code c}
   * @param rewards their {@code r_θ}
   */
  public record Others(double[] ranks, double[] rewards) {
    /** None. */
    public static final Others NONE = new Others(new double[0], new double[0]);
  }

  /**
   * The loss and its intermediate values.
   *
   * @param gradient d loss / d forward, {@code [B, N]}
   * @param rank {@code c}, {@code [B]}
   * @param reward {@code r_θ}, {@code [B]}
   * @param weight {@code w_θ}, {@code [B]}
   * @param oldWeight {@code w_old}, {@code [B]}
   * @param kl mean squared distance to the reference, {@code [B]}; zeros if it was not computed
   * @param terms what is logged
   */
  public record Outcome(
      float[] gradient,
      double[] rank,
      double[] reward,
      double[] weight,
      double[] oldWeight,
      double[] kl,
      Terms terms) {}

  /**
   * The logged values of one evaluation.
   *
   * @param loss what is minimised
   * @param policyLoss the loss without the pull
   * @param centered the same, without the factor {@code advantages.high / β}
   * @param klLoss the weighted pull
   */
  public record Terms(double loss, double policyLoss, double centered, double klLoss) {}

  /** {@link #evaluate(Batch, Others)} for a single process. */
  public Outcome evaluate(Batch batch) {
    return evaluate(batch, Others.NONE);
  }

  /**
   * Evaluates the loss and its gradient.
   *
   * @throws IllegalArgumentException if {@link #klWeight} is above 0 and the batch has no reference
   *     prediction
   */
  public Outcome evaluate(Batch batch, Others others) {
    if (klWeight > 0 && batch.reference == null) {
      throw new IllegalArgumentException(
          "klWeight is " + klWeight + ", so the loss needs the prediction of the reference model");
    }
    int images = batch.images();
    double[] rank = new double[images];
    double[] reward = new double[images];
    double[] weight = new double[images];
    double[] oldWeight = new double[images];
    for (int b = 0; b < images; b++) {
      rank[b] =
          Math.clamp(advantages.clip(batch.advantages[b]) / largestAdvantage() / 2 + 0.5, 0.0, 1.0);
      weight[b] = adaptive ? meanAbsoluteError(batch, batch.forward, b) : 1;
      oldWeight[b] = adaptive ? meanAbsoluteError(batch, batch.old, b) : 1;
      reward[b] = reward(batch, b, weight[b], oldWeight[b]);
    }
    Centering.Outcome centered =
        centering.evaluate(joined(rank, others.ranks), joined(reward, others.rewards), images);
    double scale = advantages.high() / Math.max(centering.beta(), SMALLEST_BETA);
    float[] gradient = new float[batch.x0.length];
    double[] kl = new double[images];
    double klLoss = 0;
    for (int b = 0; b < images; b++) {
      addRewardGradient(batch, b, scale * centered.gradient()[b] / weight[b], gradient);
      double pull = klWeight * (rewardedPull ? pull(rank[b]) : 1) / images;
      kl[b] = distance(batch, b, pull, gradient);
      klLoss += pull * kl[b];
    }
    double policy = centered.value() * scale;
    return new Outcome(
        gradient,
        rank,
        reward,
        weight,
        oldWeight,
        kl,
        new Terms(policy + klLoss, policy, centered.value(), klLoss));
  }

  private double largestAdvantage() {
    return Math.max(advantages.low(), advantages.high());
  }

  private double pull(double rank) {
    double least = LOWEST_PULL / Math.max(klWeight, SMALLEST_BETA);
    return least + rank * (1 - least);
  }

  private static double meanAbsoluteError(Batch batch, float[] velocity, int b) {
    double sum = 0;
    for (int i = b * batch.perImage(); i < (b + 1) * batch.perImage(); i++) {
      sum += Math.abs((double) velocity[i] - target(batch, i));
    }
    return Math.max(sum / batch.perImage(), SMALLEST_WEIGHT);
  }

  private static float target(Batch batch, int i) {
    return batch.noise[i] - batch.x0[i];
  }

  private static double reward(Batch batch, int b, double weight, double oldWeight) {
    double sum = 0;
    for (int i = b * batch.perImage(); i < (b + 1) * batch.perImage(); i++) {
      float error = batch.forward[i] - target(batch, i);
      float oldError = batch.old[i] - target(batch, i);
      sum += error * error / weight - oldError * oldError / oldWeight;
    }
    return -sum / batch.perImage();
  }

  private static void addRewardGradient(Batch batch, int b, double share, float[] gradient) {
    float each = (float) (-2 * share / batch.perImage());
    for (int i = b * batch.perImage(); i < (b + 1) * batch.perImage(); i++) {
      gradient[i] += each * (batch.forward[i] - target(batch, i));
    }
  }

  /** The mean squared distance to the reference; adds its gradient times {@code pull}. */
  private static double distance(Batch batch, int b, double pull, float[] gradient) {
    float[] reference = batch.reference;
    if (reference == null) {
      return 0;
    }
    float each = (float) (2 * pull / batch.perImage());
    double sum = 0;
    for (int i = b * batch.perImage(); i < (b + 1) * batch.perImage(); i++) {
      float d = batch.forward[i] - reference[i];
      sum += d * d;
      gradient[i] += each * d;
    }
    return sum / batch.perImage();
  }

  private static double[] joined(double[] first, double[] second) {
    double[] all = java.util.Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
