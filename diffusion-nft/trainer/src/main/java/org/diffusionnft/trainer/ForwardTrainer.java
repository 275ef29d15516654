package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.nft.LossTerms;
import org.jspecify.annotations.Nullable;

/**
 * Algorithms that learn on the forward process: images are sampled with any solver, noised again,
 * and the policy is trained on its predictions for them. No trajectories are needed. The algorithms
 * differ in the loss that they minimise.
 */
abstract sealed class ForwardTrainer extends Trainer permits NftTrainer, AwmTrainer, CrdTrainer {

  ForwardTrainer(TrainConfig config, List<TrainingTask> tasks, Adapter policy) {
    super(config, tasks, policy);
  }

  /**
   * What the policies predict for a batch of noised images, each {@code [B, size]}.
   *
   * @param forward of the policy in training
   * @param old of the policy that sampled
   * @param reference of the frozen base, if it has a weight or is measured
   */
  record Predictions(float[] forward, float[] old, float @Nullable [] reference) {}

  /**
   * The loss at these predictions.
   *
   * @param gradient d loss / d forward
   */
  record Judged(float[] gradient, Trained trained) {}

  /** Evaluates the loss. Other predictions that it needs can be computed here. */
  abstract Judged judge(TrainingPass.Batch batch, Predictions predictions, Place place);

  /** What {@link #judge} returns for a loss that has no terms of its own to log. */
  static Judged judged(
      float[] gradient,
      double total,
      double policy,
      double unweighted,
      TrainingPass.Batch batch,
      Predictions predictions) {
    LossTerms terms =
        LossTerms.of(
            total,
            policy,
            unweighted,
            predictions.forward,
            predictions.old,
            predictions.reference,
            batch.x0());
    return new Judged(gradient, new Trained(terms, null));
  }

  /** Weight of the pull to the base model; 0 for none. */
  abstract double referenceWeight();

  /** Whether the base model is run as well, for the pull or to measure the distance to it. */
  private boolean needsReference() {
    return referenceWeight() > 0 || config.loss().measureReference();
  }

  /** Classifier-free guidance of the base's predictions. */
  Guidance referenceGuidance() {
    return Guidance.NONE;
  }

  /** The inputs of predictions: noised images, their timesteps and prompts. */
  record Place(Variable xt, float[] timesteps, Conditioning prompts) {}

  @Override
  final SampledBatch sampleBatch(
      PromptTable table, long epoch, List<Prompt> prompts, int first, int count, Stop stop) {
    Noise noise = task.randomness().sampling(epoch, first, count);
    Tensor start = noise.draw(device, Noise.INITIAL, shape(count));
    Conditioning asked = table.of(prompts.subList(first, first + count));
    return SampledBatch.of(
        config
            .sampling()
            .toSampler()
            .batch(old.velocity(Timesteps.TRUNCATED, stop), asked, () -> table.empty(count))
            .sample(start, noise));
  }

  @Override
  final double oldDecay(long steps) {
    return config.oldPolicy().decay(steps);
  }

  /** An epoch's images in random order, each at randomly chosen timesteps. */
  @Override
  Pass pass(Rollout rollout, double[][] advantages, PromptTable table, long pass) {
    TrainingPass images =
        new TrainingPass(
            rollout, advantages, schedule, config.timestepsInRange(), task.randomness(), pass);
    return (first, count, turn, share) -> descend(images.batch(first, count, turn), table, share);
  }

  /** Adds a share of the gradient of one batch at one timestep of each of its images. */
  private Trained descend(TrainingPass.Batch batch, PromptTable table, double share) {
    try (Memory.Scope scope = memory.scope()) {
      int count = batch.prompts().size();
      Variable xt = Variable.constant(Tensor.of(device, batch.xt(), shape(count).dims()));
      Place place = new Place(xt, batch.timesteps(), table.of(batch.prompts()));

      float[] oldVelocity = old.predict(xt, place.timesteps, place.prompts).value().toFloats();
      float @Nullable [] baseVelocity = needsReference() ? base(place, table, count) : null;
      ForwardPass pass = ForwardPass.with(policy).checkpointing(config.training().checkpointing());
      Tape tape = new Tape();
      Variable predicted =
          tape.record(() -> model.forward(xt, place.timesteps, place.prompts, pass));

      Judged judged =
          judge(
              batch,
              new Predictions(predicted.value().toFloats(), oldVelocity, baseVelocity),
              place);
      requireFinite("loss", judged.trained.terms().totalLoss());

      tape.backward(predicted, seed(judged.gradient, share, predicted.shape()), gradients);
      return judged.trained;
    }
  }

  private float[] base(Place place, PromptTable table, int count) {
    Tensor conditional = predict(place, place.prompts);
    return referenceGuidance().isNone()
        ? conditional.toFloats()
        : referenceGuidance().apply(predict(place, table.empty(count)), conditional).toFloats();
  }

  private Tensor predict(Place place, Conditioning prompts) {
    return model.forward(place.xt, place.timesteps, prompts, ForwardPass.BASE).value();
  }

  private Tensor seed(float[] gradient, double share, Shape shape) {
    float[] scaled = new float[gradient.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = gradient[i] * (float) share;
    }
    return Tensor.of(device, scaled, shape.dims());
  }
}
