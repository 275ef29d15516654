package org.diffusionnft.trainer;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.models.sampling.Sampler;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.StochasticSolver;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.GrpoSettings;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.grpo.GrpoDescent;
import org.diffusionnft.trainer.grpo.GrpoLoss;
import org.diffusionnft.trainer.grpo.GrpoTerms;
import org.diffusionnft.trainer.nft.LossTerms;

/**
 * Flow-GRPO (Liu et al., arXiv 2505.05470) and DanceGRPO (Xue et al., arXiv 2505.07818): policy
 * gradients on the steps of stochastically sampled trajectories. The settings decide which of the
 * two it is: solver {@code flow} or {@code dance}, {@code grpo.sharedNoise}, {@code
 * grpo.randomTimesteps}, {@code loss.advantageSpread}; with solver {@code flow_cps} it is Flow-CPS,
 * with {@code grpo.ratio: guarded} GRPO-Guard. It is on-policy: the old policy is the policy in
 * training as it was at the start of the epoch.
 *
 * <p>The last step is not trained, as in both reference implementations: it adds so little noise
 * that its density carries no information.
 */
public final class GrpoTrainer extends Trainer {
  /**
   * A trainer that starts from an existing adapter.
   *
   * @param tasks one for each stage
   * @param policy is trained in place; the trainer takes ownership of its memory
   */
  public GrpoTrainer(TrainConfig config, List<TrainingTask> tasks, Adapter policy) {
    super(config, tasks, policy);
  }

  /**
   * What a pass trains on.
   *
   * @param steps the densities of the sampling steps
   */
  private record Lesson(
      Rollout rollout,
      double[][] advantages,
      PromptTable table,
      GrpoDescent descent,
      GaussianStep[] steps) {}

  @Override
  SampledBatch sampleBatch(
      PromptTable table, long epoch, List<Prompt> prompts, int first, int count, Stop stop) {
    Conditioning asked = table.of(prompts.subList(first, first + count));
    Noise noise = task.randomness().sampling(epoch, first, count);
    Tensor start = start(epoch, prompts, first, count, noise);
    Sampler.Trajectory trajectory =
        config
            .sampling()
            .toSampler()
            .batch(old.velocity(Timesteps.EXACT, stop), asked, () -> table.empty(count))
            .trajectory(start, noise);
    return new SampledBatch(trajectory.result(), paths(trajectory, count));
  }

  /** The initial noise; in DanceGRPO all images of a prompt share it. */
  private Tensor start(long epoch, List<Prompt> prompts, int first, int count, Noise noise) {
    if (!config.grpo().sharedNoise()) {
      return noise.draw(device, Noise.INITIAL, shape(count));
    }
    int size = Math.toIntExact(shape(1).elements());
    float[] values = new float[count * size];
    for (int i = 0; i < count; i++) {
      int leader = prompts.indexOf(prompts.get(first + i));
      float[] one =
          task.randomness()
              .sampling(epoch, leader, 1)
              .draw(device, Noise.INITIAL, shape(1))
              .toFloats();
      System.arraycopy(one, 0, values, i * size, size);
    }
    return Tensor.of(device, values, shape(count).dims());
  }

  private float[][] paths(Sampler.Trajectory trajectory, int count) {
    List<float[]> latents = trajectory.latents().stream().map(Tensor::toFloats).toList();
    List<float[]> images = trajectory.images().stream().map(Tensor::toFloats).toList();
    List<float[]> logProbs = new ArrayList<>();
    for (Tensor row : trajectory.logProbs()) {
      if (row != null) {
        logProbs.add(row.toFloats());
      }
    }
    float[][] paths = new float[count][];
    for (int b = 0; b < count; b++) {
      GrpoPath path = path();
      for (int j = 0; j <= schedule.steps(); j++) {
        path.latents(j).put(latents.get(j), b * path.size(), path.size());
      }
      for (int j = 0; j < schedule.steps(); j++) {
        path.logProb(j, logProbs.get(j)[b]);
        FloatBuffer from = path.latents(j);
        FloatBuffer velocity = path.velocity(j);
        for (int i = 0; i < path.size(); i++) {
          velocity.put(i, (from.get(i) - images.get(j)[b * path.size() + i]) / schedule.sigma(j));
        }
      }
      paths[b] = path.numbers();
    }
    return paths;
  }

  private GrpoPath path() {
    return GrpoPath.empty(schedule.steps(), Math.toIntExact(shape(1).elements()));
  }

  @Override
  Pass pass(Rollout rollout, double[][] advantages, PromptTable table, long pass) {
    int[] order = task.randomness().imageOrder(pass, rollout.images());
    GrpoDescent descent =
        new GrpoDescent(
            model, config.grpo().toLoss(config.loss().advClipMax()), config.sampling().guidance());
    Lesson lesson = new Lesson(rollout, advantages, table, descent, steps());
    return (first, count, turn, share) -> {
      int[] images = Arrays.copyOfRange(order, first, first + count);
      int[] at = timesteps(pass, first, count, turn);
      return new Trained(descend(lesson, images, at, share), null);
    };
  }

  private GaussianStep[] steps() {
    StochasticSolver solver = (StochasticSolver) config.sampling().toSolver(); // TrainConfig checks
    GaussianStep[] steps = new GaussianStep[schedule.steps()];
    Arrays.setAll(steps, i -> solver.gaussian(schedule.sigmas(), i));
    return steps;
  }

  /** The sampling step that each image of a batch is trained at. */
  private int[] timesteps(long pass, int place, int count, int turn) {
    int[] at = new int[count];
    int inRange = Math.min(config.timestepsInRange(), schedule.steps() - 1);
    Arrays.setAll(
        at,
        b ->
            config.grpo().randomTimesteps()
                ? task.randomness().timestepOrder(pass, place + b, inRange)[turn]
                : turn);
    return at;
  }

  private LossTerms descend(Lesson lesson, int[] images, int[] at, double share) {
    Rollout rollout = lesson.rollout;
    int count = images.length;
    int size = Math.toIntExact(shape(1).elements());
    float[] latents = new float[count * size];
    float[] next = new float[count * size];
    float[] velocities = new float[count * size];
    float[] x0 = new float[count * size];
    float[] logProbs = new float[count];
    float[] timesteps = new float[count];
    double[] advantage = new double[count];
    GaussianStep[] each = new GaussianStep[count];
    List<Prompt> prompts = new ArrayList<>();
    for (int b = 0; b < count; b++) {
      GrpoPath path = new GrpoPath(rollout.path(images[b]), schedule.steps(), size);
      path.latents(at[b]).get(latents, b * size, size);
      path.latents(at[b] + 1).get(next, b * size, size);
      path.velocity(at[b]).get(velocities, b * size, size);
      System.arraycopy(rollout.latents(images[b]), 0, x0, b * size, size);
      logProbs[b] = path.logProb(at[b]);
      timesteps[b] = schedule.timesteps()[at[b]];
      advantage[b] = lesson.advantages[images[b]][0];
      each[b] = lesson.steps[at[b]];
      prompts.add(rollout.prompts().get(images[b]));
    }
    try (Memory.Scope scope = memory.scope()) {
      Shape shape = shape(count);
      GrpoLoss.Outcome outcome =
          lesson.descent.descend(
              new GrpoDescent.Place(
                  timesteps,
                  shape,
                  lesson.table.of(prompts),
                  config.sampling().isGuided() ? lesson.table.empty(count) : null),
              sampled(new GrpoLoss.Sampled(latents, next, logProbs, each, advantage), velocities),
              ForwardPass.with(policy).checkpointing(config.training().checkpointing()),
              share,
              gradients);
      requireFinite("loss", outcome.terms().loss());
      return terms(outcome, velocities, x0);
    }
  }

  /** Adds the means under the policy that sampled, if the loss needs them. */
  private GrpoLoss.Sampled sampled(GrpoLoss.Sampled steps, float[] velocities) {
    return config.grpo().ratio() == GrpoSettings.Ratio.GUARDED
        ? steps.withOldVelocity(velocities)
        : steps;
  }

  private LossTerms terms(GrpoLoss.Outcome outcome, float[] oldVelocities, float[] x0) {
    GrpoTerms terms = outcome.terms();
    double deviation = 0;
    double deviationMax = 0;
    double norm = 0;
    double normMax = 0;
    for (int i = 0; i < x0.length; i++) {
      double d = outcome.velocity()[i] - oldVelocities[i];
      deviation += d * d;
      deviationMax = Math.max(deviationMax, d * d);
      norm += (double) x0[i] * x0[i];
      normMax = Math.max(normMax, (double) x0[i] * x0[i]);
    }
    return new LossTerms(
        terms.loss(),
        terms.policyLoss(),
        terms.policyLoss(),
        outcome.referenceMean() == null ? OptionalDouble.empty() : OptionalDouble.of(terms.kl()),
        OptionalDouble.empty(),
        deviation / x0.length,
        deviationMax,
        norm / x0.length,
        normMax);
  }

  @Override
  double oldDecay(long stepsDone) {
    return 0;
  }
}
