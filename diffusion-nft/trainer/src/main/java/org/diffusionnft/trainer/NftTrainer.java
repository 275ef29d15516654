package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.nft.NftLoss;

/**
 * DiffusionNFT (Zheng et al., arXiv 2509.16117), as {@code scripts/train_nft_sd3.py} of the
 * reference code runs it, on one machine.
 *
 * <p>Each epoch samples images with the old policy, scores them, compares each with the others of
 * its prompt, and trains the policy on noised copies of them: no likelihoods, no trajectories. Then
 * the old policy moves a little towards the trained one. Both are adapters on the same frozen base.
 */
public final class NftTrainer extends ForwardTrainer {
  /** A trainer of a new adapter, which does not change the model yet. */
  public NftTrainer(TrainConfig config, TrainingTask task) {
    this(config, List.of(task), newAdapter(config, task.model()));
  }

  /**
   * A trainer that starts from an existing adapter.
   *
   * @param tasks one for each stage
   * @param policy is trained in place; the trainer takes ownership of its memory
   */
  public NftTrainer(TrainConfig config, List<TrainingTask> tasks, Adapter policy) {
    super(config, tasks, policy);
  }

  @Override
  double referenceWeight() {
    return config.loss().referenceMseWeight();
  }

  @Override
  Judged judge(TrainingPass.Batch batch, Predictions predictions, Place place) {
    NftLoss.Batch arguments =
        new NftLoss.Batch(
            predictions.forward(),
            predictions.old(),
            predictions.reference(),
            batch.x0(),
            batch.xt(),
            batch.t(),
            batch.advantages());
    NftLoss.Outcome outcome = config.loss().toLoss().evaluate(arguments);
    return new Judged(
        outcome.gradient(),
        new Trained(outcome.terms(), new TrainedBatch(batch.timesteps(), arguments, outcome)));
  }
}
