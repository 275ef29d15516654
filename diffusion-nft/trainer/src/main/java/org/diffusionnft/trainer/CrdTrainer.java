package org.diffusionnft.trainer;

import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.objective.CrdLoss;

/**
 * Centered Reward Distillation (arXiv 2603.14128): the rewards that the policy implies, by how much
 * better than the old one it predicts an image's noise, are to differ as the external ones do. The
 * images of a batch are centered together.
 */
public final class CrdTrainer extends ForwardTrainer {
  private final CrdLoss loss;
  private final Guidance guidance;

  /**
   * A trainer that goes on with an adapter.
   *
   * @param policy is trained in place; the trainer takes its memory over
   */
  public CrdTrainer(TrainConfig config, TrainingTask task, Adapter policy) {
    super(config, task, policy);
    this.loss = config.crd().toLoss(config.loss().advClipMax());
    this.guidance = new Guidance(config.crd().klGuidance());
  }

  @Override
  double referenceWeight() {
    return loss.klWeight();
  }

  @Override
  Guidance referenceGuidance() {
    return guidance;
  }

  @Override
  Judged judge(TrainingPass.Batch batch, Predictions predictions, Place place) {
    CrdLoss.Outcome outcome =
        loss.evaluate(
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
