package org.diffusionnft.trainer;

import java.util.List;
import java.util.Optional;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;

/** How pictures of held-out prompts are made, whoever makes them. */
public interface HeldOutPictures {
  /**
   * Whose they are: the number of a stage, from 0. Stages can have prompts and rewards of their
   * own.
   */
  int stage();

  /** Pictures made at once. */
  int batchSize();

  /** How many of the first pictures are kept to be looked at; of the others only the scores. */
  int kept();

  /** What scores the pictures where they are made, if they are not judged when all are there. */
  Optional<WeightedRewards> scoring();

  /**
   * Makes pictures.
   *
   * @param adapter with which policy
   * @param batch one picture of each
   * @param first number of the first among all held-out prompts: noise depends on it alone
   * @param stop is looked at now and then
   * @throws StoppedException if that is asked
   */
  Images sample(Adapter adapter, List<Prompt> batch, int first, Stop stop);
}
