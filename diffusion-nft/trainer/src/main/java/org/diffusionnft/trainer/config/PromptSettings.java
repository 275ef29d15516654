package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;

import io.soabase.recordbuilder.core.RecordBuilder;

/**
 * Which prompts an epoch draws, and how often.
 *
 * @param source {@code shapes}, prompts of ShapesWorld in GenEval's ratio, or {@code shapes-even},
 *     as many of each category; a file, {@code .txt} with a prompt a line or {@code .jsonl} with an
 *     object a line; or a folder of the reference code's {@code dataset/}. In the reference code:
 *     {@code dataset}.
 * @param promptsPerEpoch different prompts of an epoch. In the reference code: {@code num_groups}.
 * @param imagesPerPrompt images sampled for each, which are compared with each other. In the
 *     reference code: {@code sample.num_image_per_prompt}.
 */
@RecordBuilder
public record PromptSettings(String source, int promptsPerEpoch, int imagesPerPrompt)
    implements PromptSettingsBuilder.With {
  /** Beyond this number, images would not have their own random numbers. */
  static final int MOST_IMAGES = 1 << 24;

  /** Checks the ranges. */
  public PromptSettings {
    require("promptsPerEpoch", promptsPerEpoch, promptsPerEpoch >= 1, "at least 1");
    require("imagesPerPrompt", imagesPerPrompt, imagesPerPrompt >= 2, "at least 2");
    require(
        "promptsPerEpoch",
        promptsPerEpoch,
        (long) promptsPerEpoch * imagesPerPrompt < MOST_IMAGES,
        "small enough that an epoch has fewer than 2^24 images, at imagesPerPrompt "
            + imagesPerPrompt);
  }

  /** {@code source: dataset/geneval, promptsPerEpoch: 48, imagesPerPrompt: 24}. */
  public static PromptSettings official() {
    return new PromptSettings("dataset/geneval", 48, 24);
  }

  /** Images of an epoch. */
  public int imagesPerEpoch() {
    return promptsPerEpoch * imagesPerPrompt;
  }

  static PromptSettings bind(Keys keys, PromptSettings d) {
    return new PromptSettings(
        keys.text("source", d.source),
        keys.count("promptsPerEpoch", d.promptsPerEpoch),
        keys.count("imagesPerPrompt", d.imagesPerPrompt));
  }
}
