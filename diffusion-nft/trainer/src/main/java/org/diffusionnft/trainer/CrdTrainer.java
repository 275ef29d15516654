package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.objective.CrdLoss;

/**
 * Centered Reward Distillation (arXiv 2603.14128): the policy's implicit rewards (how much better
 * than the old policy it predicts an image's noise) are trained to differ from one another as the
 * external rewards do. The images of a batch are centered together.
 */
public final class CrdTrainer extends ForwardTrainer {
  /**
   * A trainer that starts from an existing adapter.
   *
   * @param tasks one for each stage
   * @param policy is trained in place; the trainer takes ownership of its memory
   */
  public CrdTrainer(TrainConfig config, List<TrainingTask> tasks, Adapter policy) {
    super(config, tasks, policy);
  }

  @Override
  double referenceWeight() {
    return config.crd().klWeight();
  }

  @Override
  Guidance referenceGuidance() {
    return new Guidance(config.crd().klGuidance());
  }

  @Override
  Judged judge(TrainingPass.Batch batch, Predictions predictions, Place place) {
    CrdLoss.Outcome outcome =
        config
            .crd()
            .toLoss(config.loss().advClipMax())
            .evaluate(
                new CrdLoss.Batch(
                    predictions.forward(),
                    predictions.old(),
                    predictions.reference(),
                    batch.x0(),
                    batch.noise(),
                    batch.advantages()));
    CrdLoss.Terms terms = outcome.terms();
    return judged(
        outcome.gradient(), terms.loss(), terms.policyLoss(), terms.centered(), batch, predictions);
  }
}
