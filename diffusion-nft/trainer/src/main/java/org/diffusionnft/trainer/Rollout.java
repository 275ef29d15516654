package org.diffusionnft.trainer;

import java.util.List;
import java.util.function.IntFunction;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards.Scores;

/**
 * The result of one epoch's sampling, image by image.
 *
 * @param epoch index of the epoch, from 0
 * @param prompts {@code [N]}
 * @param made each image; it may be fetched from the process that made it, as long as the epoch's
 *     {@link Crew.Shift} is open
 * @param scores {@code [N]}, by reward and in total
 */
public record Rollout(long epoch, List<Prompt> prompts, IntFunction<Made> made, Scores scores) {
  /**
   * An image.
   *
   * @param latents clean, {@code [size]}
   * @param path what the algorithm keeps of its trajectory; of length 0 if it keeps nothing
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

  /** What the algorithm keeps of an image's trajectory. */
  float[] path(int image) {
    return made.apply(image).path();
  }
}
