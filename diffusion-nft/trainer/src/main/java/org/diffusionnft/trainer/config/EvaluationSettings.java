package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireWithin;

/**
 * Evaluations on held-out prompts during training.
 *
 * @param every epochs between them, 0 for none. In the reference code: {@code eval_freq}.
 * @param source a file of held-out prompts; {@code none} for the test set of {@code prompts.source}
 * @param prompts number of held-out prompts, taken from the beginning
 * @param sampling how their images are sampled
 */
public record EvaluationSettings(int every, String source, int prompts, SamplingSettings sampling) {
  /** Checks the ranges. */
  public EvaluationSettings {
    require("every", every, every >= 0, "at least 0");
    requireWithin("prompts", prompts, 1, 1_000_000);
  }

  /** Every 10 epochs on GenEval's 2212 prompts; {@link SamplingSettings#officialEvaluation}. */
  public static EvaluationSettings official() {
    return new EvaluationSettings(
        10, PipelineSettings.NONE, 2212, SamplingSettings.officialEvaluation());
  }

  static EvaluationSettings bind(Keys keys, EvaluationSettings d) {
    return new EvaluationSettings(
        keys.count("every", d.every),
        keys.text("source", d.source),
        keys.count("prompts", d.prompts),
        keys.section("sampling", d.sampling, SamplingSettings::bind));
  }
}
