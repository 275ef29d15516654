package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireWithin;

import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.tensor.Precision;

/**
 * How an epoch's images are trained on.
 *
 * @param batchSize images of one forward and backward pass, at each of their timesteps. In the
 *     reference code: {@code train.batch_size}.
 * @param optimizerStepsPerEpoch into how many parts, each one optimizer step, an epoch's images are
 *     cut; the gradient of a part is the mean over its images and timesteps. In the reference code:
 *     {@code gradient_step_per_epoch}.
 * @param gradientShards into how many shares the passes of an optimizer step are cut; each is
 *     summed for itself, and the shares are added in order. It changes how sums are rounded, and is
 *     how many executors can work on a step at once
 * @param innerEpochs passes over an epoch's images. In the reference code: {@code
 *     train.num_inner_epochs}.
 * @param timestepFraction share of the sampling timesteps that each image is trained at, chosen at
 *     random for each image; rounded down, so 0.99 of 10 are 9. In the reference code: {@code
 *     train.timestep_fraction}.
 * @param timestepRange share of the sampling timesteps, from the noisiest on, that those of {@code
 *     timestepFraction} are chosen from; rounded down, 1 for all. What a picture shows is decided
 *     at the noisy ones; at the others an image says little about whether it is better than its
 *     group. But what is never trained there is not held either: textures grow in a long run.
 * @param learningRate AdamW's step size. In the reference code: {@code train.learning_rate}.
 * @param learningRateDecaySteps optimizer steps after which the step size has halved: it is {@code
 *     learningRate / (1 + step / learningRateDecaySteps)}; 0 for a constant one
 * @param adamBeta1 decay of AdamW's first moment. In the reference code: {@code train.adam_beta1}.
 * @param adamBeta2 decay of AdamW's second moment. In the reference code: {@code train.adam_beta2}.
 * @param adamEpsilon added to AdamW's denominator. In the reference code: {@code
 *     train.adam_epsilon}.
 * @param weightDecay decoupled weight decay. In the reference code: {@code
 *     train.adam_weight_decay}.
 * @param maxGradNorm gradients are scaled down to this norm. In the reference code: {@code
 *     train.max_grad_norm}.
 * @param checkpointing whether transformer blocks are computed again in the backward pass instead
 *     of being remembered: a third more time, a fraction of the memory, the same numbers
 * @param precision {@code f32}, or {@code bf16}: what products and attention take, forward and
 *     backward; sums, norms, the loss, the optimizer and adapters are F32. In the reference code:
 *     {@code mixed_precision}, which is {@code fp16} there.
 */
public record TrainingSettings(
    int batchSize,
    int optimizerStepsPerEpoch,
    int gradientShards,
    int innerEpochs,
    double timestepFraction,
    double timestepRange,
    double learningRate,
    long learningRateDecaySteps,
    double adamBeta1,
    double adamBeta2,
    double adamEpsilon,
    double weightDecay,
    double maxGradNorm,
    boolean checkpointing,
    Precision precision) {
  /** Checks the ranges. */
  public TrainingSettings {
    require("batchSize", batchSize, batchSize >= 1, "at least 1");
    require(
        "optimizerStepsPerEpoch",
        optimizerStepsPerEpoch,
        optimizerStepsPerEpoch >= 1,
        "at least 1");
    requireWithin("gradientShards", gradientShards, 1, 1_000_000);
    requireWithin("innerEpochs", innerEpochs, 1, 1000);
    require(
        "timestepFraction",
        timestepFraction,
        timestepFraction > 0 && timestepFraction <= 1,
        "above 0 and at most 1");
    require(
        "timestepRange",
        timestepRange,
        timestepRange > 0 && timestepRange <= 1,
        "above 0 and at most 1");
    requirePositive("learningRate", learningRate);
    require(
        "learningRateDecaySteps",
        learningRateDecaySteps,
        learningRateDecaySteps >= 0,
        "at least 0, 0 being no decay");
    require("adamBeta1", adamBeta1, adamBeta1 >= 0 && adamBeta1 < 1, "at least 0 and below 1");
    require("adamBeta2", adamBeta2, adamBeta2 >= 0 && adamBeta2 < 1, "at least 0 and below 1");
    requirePositive("adamEpsilon", adamEpsilon);
    requireNotNegative("weightDecay", weightDecay);
    requirePositive("maxGradNorm", maxGradNorm);
  }

  /**
   * {@code batchSize: 9, optimizerStepsPerEpoch: 1, gradientShards: 1, innerEpochs: 1,
   * timestepFraction: 0.99, timestepRange: 1, learningRate: 3e-4, learningRateDecaySteps: 0,
   * adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, weightDecay: 1e-4, maxGradNorm: 1,
   * checkpointing: false, precision: f32}. The official batch of 9 is that of one GPU of eight,
   * accumulated 16 times: the same step as 128 batches of 9 here.
   */
  public static TrainingSettings official() {
    return new TrainingSettings(
        9, 1, 1, 1, 0.99, 1, 3e-4, 0, 0.9, 0.999, 1e-8, 1e-4, 1, false, Precision.F32);
  }

  /** The number of timesteps that each image is trained at. */
  public int trainedTimesteps(int samplingSteps) {
    return (int) (samplingSteps * timestepFraction);
  }

  /** The number of timesteps that they are chosen from, the noisiest of sampling. */
  public int timestepsInRange(int samplingSteps) {
    return (int) (samplingSteps * timestepRange);
  }

  /** These settings with another precision. */
  public TrainingSettings withPrecision(Precision other) {
    return new TrainingSettings(
        batchSize,
        optimizerStepsPerEpoch,
        gradientShards,
        innerEpochs,
        timestepFraction,
        timestepRange,
        learningRate,
        learningRateDecaySteps,
        adamBeta1,
        adamBeta2,
        adamEpsilon,
        weightDecay,
        maxGradNorm,
        checkpointing,
        other);
  }

  /**
   * AdamW's constants.
   *
   * @param step number of earlier optimizer steps
   */
  public AdamW.Settings toAdamW(long step) {
    double decay = learningRateDecaySteps == 0 ? 1 : 1 + (double) step / learningRateDecaySteps;
    return new AdamW.Settings(learningRate / decay, adamBeta1, adamBeta2, adamEpsilon, weightDecay);
  }

  static TrainingSettings bind(Keys keys, TrainingSettings d) {
    return new TrainingSettings(
        keys.count("batchSize", d.batchSize),
        keys.count("optimizerStepsPerEpoch", d.optimizerStepsPerEpoch),
        keys.count("gradientShards", d.gradientShards),
        keys.count("innerEpochs", d.innerEpochs),
        keys.number("timestepFraction", d.timestepFraction),
        keys.number("timestepRange", d.timestepRange),
        keys.number("learningRate", d.learningRate),
        keys.integer("learningRateDecaySteps", d.learningRateDecaySteps),
        keys.number("adamBeta1", d.adamBeta1),
        keys.number("adamBeta2", d.adamBeta2),
        keys.number("adamEpsilon", d.adamEpsilon),
        keys.number("weightDecay", d.weightDecay),
        keys.number("maxGradNorm", d.maxGradNorm),
        keys.flag("checkpointing", d.checkpointing),
        keys.choice("precision", d.precision));
  }
}
