package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.nft.NftLoss;
import org.jspecify.annotations.Nullable;

/**
 * DiffusionNFT (Zheng et al., arXiv 2509.16117), as {@code scripts/train_nft_sd3.py} of the
 * reference code runs it, on one machine.
 *
 * <p>Each epoch samples images with the old policy, scores them, compares each with the others of
 * its prompt, and trains the policy on noised copies of them: no likelihoods, no trajectories. Then
 * the old policy moves a little towards the trained one. Both are adapters of one frozen base.
 */
public final class NftTrainer extends Trainer {
  private final NftLoss loss;

  /** A trainer of a new adapter that changes nothing yet. */
  public NftTrainer(TrainConfig config, TrainingTask task) {
    this(config, task, newAdapter(config, task.model()));
  }

  /**
   * A trainer that goes on with an adapter.
   *
   * @param policy is trained in place; the trainer takes its memory over
   */
  public NftTrainer(TrainConfig config, TrainingTask task, Adapter policy) {
    super(config, task, policy);
    this.loss = config.loss().toLoss();
  }

  @Override
  SampledBatch sampleBatch(
      PromptTable table, long epoch, List<Prompt> prompts, int first, int count, Stop stop) {
    Noise noise = task.randomness().sampling(epoch, first, count);
    Tensor start = noise.draw(device, Noise.INITIAL, shape(count));
    Conditioning asked = table.of(prompts.subList(first, first + count));
    return SampledBatch.of(
        config
            .sampling()
            .toSampler()
            .sample(
                old.velocity(Timesteps.TRUNCATED, stop),
                asked,
                () -> table.empty(count),
                start,
                noise));
  }

  @Override
  double oldDecay(long steps) {
    return config.oldPolicy().decay(steps);
  }

  @Override
  int turns() {
    return config.trainedTimesteps();
  }

  /** An epoch's images in random order, each at a random choice of the timesteps. */
  @Override
  Pass pass(Rollout rollout, double[][] advantages, PromptTable table, long pass) {
    TrainingPass images = new TrainingPass(rollout, advantages, schedule, task.randomness(), pass);
    return (first, count, turn, share) -> {
      TrainedBatch trained = descend(images.batch(first, count, turn), table, share);
      return new Trained(trained.outcome().terms(), trained);
    };
  }

  /** Adds a share of the gradient of one batch at one timestep of each of its images. */
  private TrainedBatch descend(TrainingPass.Batch batch, PromptTable table, double share) {
    try (Memory.Scope scope = memory.scope()) {
      Variable xt =
          Variable.constant(Tensor.of(device, batch.xt(), shape(batch.prompts().size()).dims()));
      Conditioning prompts = table.of(batch.prompts());
      float[] timesteps = batch.timesteps();

      float[] oldVelocity = old.predict(xt, timesteps, prompts).value().toFloats();
      float @Nullable [] baseVelocity =
          config.loss().needsReference()
              ? model.forward(xt, timesteps, prompts, ForwardPass.BASE).value().toFloats()
              : null;
      ForwardPass pass = ForwardPass.with(policy).checkpointing(config.training().checkpointing());
      Tape tape = new Tape();
      Variable predicted = tape.record(() -> model.forward(xt, timesteps, prompts, pass));

      NftLoss.Batch arguments =
          new NftLoss.Batch(
              predicted.value().toFloats(),
              oldVelocity,
              baseVelocity,
              batch.x0(),
              batch.xt(),
              batch.t(),
              batch.advantages());
      NftLoss.Outcome outcome = loss.evaluate(arguments);
      requireFinite("loss", outcome.terms().totalLoss());

      tape.backward(predicted, seed(outcome.gradient(), share, predicted.shape()), gradients);
      return new TrainedBatch(timesteps, arguments, outcome);
    }
  }

  private Tensor seed(float[] gradient, double share, Shape shape) {
    float[] scaled = new float[gradient.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = gradient[i] * (float) share;
    }
    return Tensor.of(device, scaled, shape.dims());
  }
}
