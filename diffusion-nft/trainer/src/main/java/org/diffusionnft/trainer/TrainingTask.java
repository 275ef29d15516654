package org.diffusionnft.trainer;

import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.Shape;

/**
 * A model and what it is trained on.
 *
 * @param model the frozen base
 * @param latents shape of one image's latents, {@code [C, H, W]}
 * @param encoder of prompts
 * @param decoder of latents
 * @param rewards what is maximised
 * @param randomness source of prompts, noise and orders
 */
public record TrainingTask(
    Mmdit model,
    Shape latents,
    PromptEncoder encoder,
    ImageDecoder decoder,
    WeightedRewards rewards,
    Randomness randomness) {
  /** Checks the shape. */
  public TrainingTask {
    if (latents.rank() != 3 || latents.elements() == 0) {
      throw new IllegalArgumentException("latents need a shape [C, H, W], not " + latents);
    }
  }
}
