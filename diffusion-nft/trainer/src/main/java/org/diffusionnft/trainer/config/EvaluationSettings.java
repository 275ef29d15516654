package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireWithin;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.diffusionnft.rewards.RewardSettings;

/**
 * Evaluations on held-out prompts during training.
 *
 * @param every epochs between them, 0 for none. In the reference code: {@code eval_freq}.
 * @param source a file of held-out prompts; {@code none} for the test set of {@code prompts.source}
 * @param prompts number of held-out prompts, taken from the beginning
 * @param rewards that are only measured, on held-out prompts: by name, with options; a weight does
 *     nothing. With some, a run is also evaluated before its first epoch, as what it started from
 * @param sampling how their images are sampled
 */
@RecordBuilder
public record EvaluationSettings(
    int every,
    String source,
    int prompts,
    SequencedMap<String, RewardSettings> rewards,
    SamplingSettings sampling)
    implements EvaluationSettingsBuilder.With {
  /** Checks the ranges. */
  public EvaluationSettings {
    require("every", every, every >= 0, "at least 0");
    requireWithin("prompts", prompts, 1, 1_000_000);
    rewards = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(rewards));
  }

  /** Every 10 epochs on GenEval's 2212 prompts; {@link SamplingSettings#officialEvaluation}. */
  public static EvaluationSettings official() {
    return new EvaluationSettings(
        10,
        PipelineSettings.NONE,
        2212,
        new LinkedHashMap<>(),
        SamplingSettings.officialEvaluation());
  }

  /** Whether a run is evaluated before its first epoch. */
  public boolean isFirst() {
    return every > 0 && !rewards.isEmpty();
  }

  static EvaluationSettings bind(Keys keys, EvaluationSettings d) {
    return new EvaluationSettings(
        keys.count("every", d.every),
        keys.text("source", d.source),
        keys.count("prompts", d.prompts),
        keys.rewards("rewards", d.rewards),
        keys.section("sampling", d.sampling, SamplingSettings::bind));
  }
}
