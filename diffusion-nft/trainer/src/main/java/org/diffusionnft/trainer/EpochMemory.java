package org.diffusionnft.trainer;

import java.util.Locale;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.config.Algorithm;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;

/** How much of the Java heap an epoch's images take; they stay there until they are trained on. */
final class EpochMemory {
  private static final double MOST = 0.8; // of the heap

  private EpochMemory() {}

  /**
   * Checks that the images of every stage fit, before hours of sampling.
   *
   * @param latents shape of one image's
   * @throws InvalidInputException if they do not
   */
  static void require(StagePlan plan, Shape latents) {
    plan.parts().forEach(part -> require(part.config(), latents));
  }

  private static void require(TrainConfig config, Shape latents) {
    // GRPO keeps the whole trajectory: the input, prediction and output of every step.
    double copies = config.algorithm() == Algorithm.GRPO ? 2.0 * config.sampling().steps() + 2 : 1;
    double bytes = copies * config.prompts().imagesPerEpoch() * latents.elements() * Float.BYTES;
    long heap = Runtime.getRuntime().maxMemory();
    if (bytes > MOST * heap) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "the latents of an epoch's %d images take %.1f GB, but Java's heap has %.1f GB: lower"
                  + " prompts.promptsPerEpoch or prompts.imagesPerPrompt, or raise the heap with"
                  + " DNFT_JAVA_OPTS=-Xmx...",
              config.prompts().imagesPerEpoch(),
              bytes / 1e9,
              heap / 1e9));
    }
  }
}
