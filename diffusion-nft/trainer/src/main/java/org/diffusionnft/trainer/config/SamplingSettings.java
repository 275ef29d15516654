package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireWithin;

import io.soabase.recordbuilder.core.RecordBuilder;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.models.sampling.GuidedSampler;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;

/**
 * How images are sampled with the old policy, for training or for evaluation.
 *
 * @param steps sampling steps; training uses the same timesteps. In the reference code: {@code
 *     sample.num_steps, of evaluations sample.eval_num_steps}.
 * @param solver {@code flow}, {@code flow_cps}, {@code dance}, {@code ddim}, {@code dpm1} or {@code
 *     dpm2}. In the reference code: {@code sample.solver}.
 * @param deterministic whether no noise is drawn on the way. In the reference code: {@code
 *     sample.deterministic}.
 * @param noiseLevel how much noise is drawn otherwise. In the reference code: {@code
 *     sample.noise_level}.
 * @param guidanceScale scale of classifier-free guidance, up to 1 for none, as in diffusers.
 *     DiffusionNFT learns without guidance from images that were sampled with it; the reference
 *     code cannot. In the reference code: {@code sample.guidance_scale}.
 * @param shift shift of the noise levels, 3 for Stable Diffusion 3
 * @param batchSize images sampled at once; changes memory and speed only. In the reference code:
 *     {@code sample.train_batch_size, of evaluations sample.test_batch_size}.
 * @param mergeLimitMb models of up to this many MiB are copied and the adapter is merged into the
 *     copy, which saves time; 0 to run the adapter beside the model always
 * @param precision {@code f32}, or {@code bf16}: what products and attention take; sums are F32. In
 *     the reference code: {@code mixed_precision}, which is {@code fp16} there.
 */
@RecordBuilder
public record SamplingSettings(
    int steps,
    String solver,
    boolean deterministic,
    double noiseLevel,
    double guidanceScale,
    double shift,
    int batchSize,
    long mergeLimitMb,
    Precision precision)
    implements SamplingSettingsBuilder.With {
  /** Checks the ranges. */
  public SamplingSettings {
    require("steps", steps, steps >= 1 && steps <= 1000, "1 to 1000");
    requireNotNegative("noiseLevel", noiseLevel);
    require("noiseLevel", noiseLevel, noiseLevel <= 100, "at most 100");
    requireNotNegative("guidanceScale", guidanceScale);
    require("guidanceScale", guidanceScale, guidanceScale <= 1000, "at most 1000");
    requirePositive("shift", shift);
    require("shift", shift, shift >= 1e-3 && shift <= 1000, "0.001 to 1000");
    requireWithin("batchSize", batchSize, 1, PromptSettings.MOST_IMAGES);
    require("mergeLimitMb", mergeLimitMb, mergeLimitMb >= 0 && mergeLimitMb < 1 << 30, "0 to 2^30");
    try {
      Solver.named(solver, deterministic, noiseLevel);
    } catch (InvalidInputException e) {
      throw new InvalidSettingException("solver", "cannot be used: " + e.getMessage());
    }
  }

  /**
   * For training: {@code steps: 10, solver: dpm2, deterministic: true, noiseLevel: 0.7,
   * guidanceScale: 1, shift: 3, batchSize: 9, mergeLimitMb: 256, precision: f32}.
   */
  public static SamplingSettings official() {
    return new SamplingSettings(10, "dpm2", true, 0.7, 1, 3, 9, 256, Precision.F32);
  }

  /** For evaluation: 40 steps of {@code flow}, batches of 14, otherwise the same. */
  public static SamplingSettings officialEvaluation() {
    return new SamplingSettings(40, "flow", true, 0.7, 1, 3, 14, 256, Precision.F32);
  }

  /** Whether there is classifier-free guidance. */
  public boolean isGuided() {
    return !guidance().isNone();
  }

  /** Classifier-free guidance. */
  public Guidance guidance() {
    return new Guidance(guidanceScale);
  }

  /** A sampler with these settings. */
  public GuidedSampler toSampler() {
    return new GuidedSampler(toSolver(), toSchedule().sigmas(), guidance());
  }

  /** The solver. */
  public Solver toSolver() {
    return Solver.named(solver, deterministic, noiseLevel);
  }

  /** The noise levels. */
  public FlowMatchSchedule toSchedule() {
    return new FlowMatchSchedule.Config(FlowMatchSchedule.TRAIN_TIMESTEPS, shift).steps(steps);
  }

  static SamplingSettings bind(Keys keys, SamplingSettings d) {
    return new SamplingSettings(
        keys.count("steps", d.steps),
        keys.text("solver", d.solver),
        keys.flag("deterministic", d.deterministic),
        keys.number("noiseLevel", d.noiseLevel),
        keys.number("guidanceScale", d.guidanceScale),
        keys.number("shift", d.shift),
        keys.count("batchSize", d.batchSize),
        keys.integer("mergeLimitMb", d.mergeLimitMb),
        keys.choice("precision", d.precision));
  }
}
