package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards.Scores;

/**
 * What one epoch's sampling gave, image by image.
 *
 * @param epoch number of the epoch, from 0
 * @param prompts {@code [N]}
 * @param latents clean latents, {@code [N, size]}
 * @param paths what the algorithm remembers of how each image came about, {@code [N]}; of length 0
 *     where it remembers nothing
 * @param scores {@code [N]}, by reward and in total
 */
public record Rollout(
    long epoch, List<Prompt> prompts, float[][] latents, float[][] paths, Scores scores) {
  /** Number of images. */
  public int images() {
    return latents.length;
  }
}
