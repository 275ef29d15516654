package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.objective.AwmLoss;
import org.jspecify.annotations.Nullable;

/**
 * Advantage Weighted Matching (Xue et al., arXiv 2509.25050): a policy gradient whose likelihood is
 * the pretraining loss, relative to that of the policy that sampled. With an on-policy {@code
 * oldPolicy} this is the published configuration; with a decay it is the authors' off-policy one,
 * where images are sampled with the average.
 */
public final class AwmTrainer extends ForwardTrainer {
  private final @Nullable Adapter pulledTo; // the average as it was when the pass began

  /**
   * A trainer that starts from an existing adapter.
   *
   * @param tasks one for each stage
   * @param policy is trained in place; the trainer takes ownership of its memory
   */
  public AwmTrainer(TrainConfig config, List<TrainingTask> tasks, Adapter policy) {
    super(config, tasks, policy);
    boolean pulled =
        plan.parts().stream().anyMatch(part -> part.config().awm().averageWeight() > 0);
    this.pulledTo = pulled ? policy.copy(false) : null;
  }

  @Override
  double referenceWeight() {
    return config.awm().klWeight();
  }

  @Override
  @Nullable Adapter pulledTo() {
    return config.awm().averageWeight() == 0 ? null : pulledTo;
  }

  @Override
  Judged judge(TrainingPass.Batch batch, Predictions predictions, Place place) {
    Adapter average = pulledTo();
    float @Nullable [] averageVelocity =
        average == null
            ? null
            : model
                .forward(place.xt(), place.timesteps(), place.prompts(), ForwardPass.with(average))
                .value()
                .toFloats();
    AwmLoss.Outcome outcome =
        config
            .awm()
            .toLoss(config.loss().advClipMax())
            .evaluate(
                new AwmLoss.Batch(
                    predictions.forward(),
                    predictions.old(),
                    predictions.reference(),
                    averageVelocity,
                    batch.x0(),
                    batch.noise(),
                    batch.t(),
                    batch.advantages()));
    AwmLoss.Terms terms = outcome.terms();
    return judged(
        outcome.gradient(),
        terms.loss(),
        terms.policyLoss(),
        terms.policyLoss(),
        batch,
        predictions);
  }

  @Override
  void closeOwn() {
    if (pulledTo != null) {
      pulledTo.close();
    }
  }
}
