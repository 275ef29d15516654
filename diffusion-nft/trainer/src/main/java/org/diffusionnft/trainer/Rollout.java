package org.diffusionnft.trainer;

import java.util.List;
import java.util.function.IntFunction;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards.Scores;

/**
 * What one epoch's sampling gave, image by image.
 *
 * @param epoch number of the epoch, from 0
 * @param prompts {@code [N]}
 * @param made what each image is; it may be fetched from where it was made, as long as the epoch's
 *     {@link Crew.Shift} is open
 * @param scores {@code [N]}, by reward and in total
 */
public record Rollout(long epoch, List<Prompt> prompts, IntFunction<Made> made, Scores scores) {
  /**
   * An image.
   *
   * @param latents clean, {@code [size]}
   * @param path what the algorithm remembers of how it came about; of length 0 where it remembers
   *     nothing
   */
  public record Made(float[] latents, float[] path) {}

  /** Number of images. */
  public int images() {
    return prompts.size();
  }

  /** Clean latents of an image, {@code [size]}. */
  public float[] latents(int image) {
    return made.apply(image).latents();
  }

  /** What the algorithm remembers of how an image came about. */
  float[] path(int image) {
    return made.apply(image).path();
  }
}
