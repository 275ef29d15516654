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
 * Does the part of a run that can be distributed: sampling and scoring images, computing a policy's
 * gradient, making held-out pictures. Results depend on the arguments alone, not on how many
 * processes there are or which one does what: every crew gives the same bits.
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
   * @param pictures how to make them
   * @param adapter adapter of the policy
   * @param prompts one picture is made for each
   * @throws StoppedException if a stop is requested
   * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
   */
  Gallery evaluate(HeldOutPictures pictures, Adapter adapter, List<Prompt> prompts, Stop stop);

  /**
   * What each of its processes has done since the last call; empty if the crew is this process
   * alone.
   */
  default List<CrewMember> members() {
    return List.of();
  }

  /**
   * The number of processes and their speed, in a few words for a progress line; empty for this
   * process alone.
   */
  default String words() {
    return "";
  }

  /** Frees what the crew owns. */
  @Override
  void close();

  /** The work of one epoch. */
  interface Shift extends AutoCloseable {
    /**
     * Samples and scores the epoch's images.
     *
     * @param sampled called now and then with the number of images done
     * @throws StoppedException if a stop is requested
     * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
     */
    Rollout sample(IntConsumer sampled, Stop stop);

    /**
     * Adds the gradient of an optimizer step: each of the shares from {@link OptimizerStep#shares}
     * is summed separately, then the sums are added in order.
     *
     * @param step which descents to run
     * @param policies the policy in training, and the average it is pulled to
     * @param rollout images to train on
     * @param advantages {@code [N, T]}
     * @param sum the gradient is added to it
     * @param trained called for each descent, with its data if it ran in this process
     * @return the terms of each descent, in order
     * @throws StoppedException if a stop is requested
     * @throws TrainingDivergedException if a loss is not finite
     */
    List<LossTerms> descend(
        OptimizerStep step,
        Policies policies,
        Rollout rollout,
        double[][] advantages,
        Gradients sum,
        Consumer<@Nullable TrainedBatch> trained,
        Stop stop);

    /** Ends the epoch, finished or not. */
    @Override
    void close();
  }
}
