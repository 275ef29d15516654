package org.diffusionnft.trainer;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.trainer.nft.LossTerms;
import org.jspecify.annotations.Nullable;

/**
 * Who does the part of a run that can be shared out: images are sampled and scored, a policy's
 * gradient is computed, held-out pictures are made. What a crew gives depends on its arguments
 * alone, not on how many it is or who does what: every crew gives the same bits.
 */
public interface Crew extends AutoCloseable {

  /**
   * Begins an epoch.
   *
   * @param prompts of its images
   * @param old the policy that samples; it is not changed before the shift ends
   */
  Shift begin(long epoch, List<Prompt> prompts, Adapter old);

  /**
   * Makes and scores held-out pictures.
   *
   * @param pictures how they are made
   * @param adapter with which policy
   * @param prompts one picture of each
   * @throws StoppedException if that is asked
   * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
   */
  Gallery evaluate(HeldOutPictures pictures, Adapter adapter, List<Prompt> prompts, Stop stop);

  /** What each of its processes has done since this was last asked; none if it is this one. */
  default List<CrewMember> members() {
    return List.of();
  }

  /** How many it is and how fast, in a few words for a progress line; empty for this process. */
  default String words() {
    return "";
  }

  /** Frees what the crew has of its own. */
  @Override
  void close();

  /** The work of one epoch. */
  interface Shift extends AutoCloseable {
    /**
     * Samples and scores the epoch's images.
     *
     * @param sampled told now and then how many are done
     * @throws StoppedException if that is asked
     * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
     */
    Rollout sample(IntConsumer sampled, Stop stop);

    /**
     * Adds the gradient of an optimizer step: the shares that {@link OptimizerStep#shares} cuts it
     * into are summed each for itself, and added in their order.
     *
     * @param step which descents
     * @param policies in training, and what it is pulled to
     * @param rollout that it is trained on
     * @param advantages {@code [N, T]}
     * @param sum is added to
     * @param trained told of each descent, with all of it where it was made in this process
     * @return the terms of each descent, in order
     * @throws StoppedException if that is asked
     * @throws TrainingDivergedException if a loss is no number
     */
    List<LossTerms> descend(
        OptimizerStep step,
        Policies policies,
        Rollout rollout,
        double[][] advantages,
        Gradients sum,
        Consumer<@Nullable TrainedBatch> trained,
        Stop stop);

    /** Ends the epoch, done or not. */
    @Override
    void close();
  }
}
