package org.diffusionnft.trainer;

import java.util.List;
import java.util.Optional;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;

/** How pictures of held-out prompts are made, in whichever process. */
public interface HeldOutPictures {
  /** The stage they belong to, from 0. Stages can have their own prompts and rewards. */
  int stage();

  /** How many pictures are made in one batch. */
  int batchSize();

  /**
   * How many pictures are kept to be shown, from the first on; of the others only the scores are.
   */
  int kept();

  /**
   * The rewards that score the pictures where they are made; empty if they are judged once all are
   * made.
   */
  Optional<WeightedRewards> scoring();

  /**
   * Makes pictures.
   *
   * @param adapter adapter of the policy
   * @param batch one picture is made for each prompt
   * @param first index of the first among all held-out prompts; the noise depends on it alone
   * @param stop is polled now and then
   * @throws StoppedException if a stop is requested
   */
  Images sample(Adapter adapter, List<Prompt> batch, int first, Stop stop);
}
