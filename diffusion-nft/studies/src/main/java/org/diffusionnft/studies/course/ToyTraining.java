package org.diffusionnft.studies.course;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.sampling.Sampler;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.grpo.GrpoLoss;
import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.LossBranches;
import org.diffusionnft.trainer.nft.LossWeighting;
import org.diffusionnft.trainer.nft.NftLoss;
import org.diffusionnft.trainer.nft.PromptStatistics;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;

/**
 * Trains a {@link ToyNet} on a reward, epoch by epoch, with the trainer's own losses: the loop of
 * {@code Trainer} without prompts, adapters and checkpoints. All methods have the same number of
 * images per epoch, of optimizer steps, and the same learning rate.
 */
final class ToyTraining {
  static final int IMAGES = 256;
  static final int STEPS = 18; // optimizer steps per epoch
  static final double LEARNING_RATE = 1e-3;
  private static final int PRETRAINING = 2000;
  private static final int TURNS = 10; // steps of FlowGRPO's sampler; the last one is not trained
  private static final double NOISE = 0.7;
  private static final double CLIP = 5;
  private static final GrpoLoss POLICY_GRADIENT = new GrpoLoss(0.2, 0, CLIP);
  private static final SoftUpdateSchedule SOFT_UPDATE = SoftUpdateSchedule.rising(0.02, 0.5);

  private final Racer racer;
  private final ToyNet net;
  private final AdamW optimizer;
  private ToyNet old;
  private int epoch;

  /**
   * Starts from a pretrained network.
   *
   * @param base the network, which is not modified
   */
  ToyTraining(Racer racer, ToyNet base) {
    this.racer = racer;
    this.net = base.mixed(base, 1);
    this.old = base;
    this.optimizer = new AdamW(net.weights(), settings(LEARNING_RATE));
  }

  /** The policy in training. */
  ToyNet net() {
    return net;
  }

  /** A network trained on a world by flow matching. */
  static ToyNet pretrained(Device device, ToyWorld world) {
    RandomGenerator random = new Philox(1, 0).sequence(0);
    ToyNet net = ToyNet.random(device, random);
    try (AdamW optimizer = new AdamW(net.weights(), settings(0))) {
      for (int step = 0; step < PRETRAINING; step++) {
        List<Vector2> images = new ArrayList<>();
        for (int i = 0; i < 2 * IMAGES; i++) {
          images.add(world.draw(random));
        }
        // The paper's flow matching loss: E ‖v_θ - v‖², the error of velocities.
        Noised noised = Noised.of(ToyNet.numbers(images), random);
        optimizer.settings(settings(2e-2 * (1 - (double) step / PRETRAINING)));
        descend(
            net,
            optimizer,
            noised.points,
            noised.levels,
            predicted -> {
              float[] gradient = new float[predicted.length];
              for (int i = 0; i < gradient.length; i++) {
                gradient[i] = 2 * (predicted[i] - noised.velocities[i]) / gradient.length;
              }
              return gradient;
            });
      }
    }
    return net;
  }

  /** Trains for one epoch. */
  void epoch(Reward reward) {
    LossBranches branches = racer.branches();
    if (branches == null) {
      policyGradient(reward);
    } else {
      forwardProcess(branches, reward);
    }
    epoch++;
  }

  /** The reward of a point. */
  @FunctionalInterface
  interface Reward {
    double of(Vector2 image);
  }

  private void forwardProcess(LossBranches branches, Reward reward) {
    RandomGenerator random = new Philox(2, epoch).sequence(0);
    NftLoss loss =
        new NftLoss(1, 0, CLIP, AdvantageMode.ALL, branches, LossWeighting.SELF_NORMALIZED);
    ToySampler sampler = Chapter.solver(20);
    List<Vector2> images =
        sampler.withSeed(100 + epoch).images(net.device(), old.velocity(), IMAGES);
    double[] advantages = advantages(images, reward);
    float[] x0 = ToyNet.numbers(images);
    for (int step = 0; step < STEPS; step++) {
      Noised noised = Noised.of(x0, random);
      float[] before = old.numbersAt(noised.points, noised.levels);
      descend(
          net,
          optimizer,
          noised.points,
          noised.levels,
          predicted ->
              loss.evaluate(
                      new NftLoss.Batch(
                          predicted, before, x0, noised.points, noised.levels, advantages))
                  .gradient());
    }
    old = old.mixed(net, SOFT_UPDATE.decay(epoch));
  }

  private void policyGradient(Reward reward) {
    FlowSolver solver = new FlowSolver(NOISE);
    ToySampler sampler = new ToySampler(solver, TURNS).withSeed(100 + epoch);
    float[] levels = sampler.levels();
    Noise noise = sampler.noise(IMAGES);
    List<float[]> latents = new ArrayList<>();
    List<float[]> logProbs = new ArrayList<>();
    try (Memory.Scope scope = net.device().memory().scope()) {
      Tensor start = noise.draw(net.device(), Noise.INITIAL, Shape.of(IMAGES, 2, 1, 1));
      Sampler.Trajectory way = Sampler.trajectory(solver, net.velocity(), start, levels, noise);
      way.latents().forEach(x -> latents.add(x.toFloats()));
      for (Tensor row : way.logProbs()) {
        logProbs.add(Objects.requireNonNull(row).toFloats()); // the solver draws noise
      }
    }
    double[] advantages = advantages(ToySampler.points(latents.getLast()), reward);
    int trained = TURNS - 1;
    for (int step = 0; step < STEPS; step++) {
      int turn = step % trained;
      float[] at = new float[IMAGES];
      Arrays.fill(at, levels[turn]);
      GaussianStep[] each = new GaussianStep[IMAGES];
      Arrays.fill(each, solver.gaussian(levels, turn));
      GrpoLoss.Sampled sampled =
          new GrpoLoss.Sampled(
              latents.get(turn), latents.get(turn + 1), logProbs.get(turn), each, advantages);
      descend(
          net,
          optimizer,
          latents.get(turn),
          at,
          predicted -> POLICY_GRADIENT.evaluate(sampled, predicted, null).gradient());
    }
  }

  private static double[] advantages(List<Vector2> images, Reward reward) {
    float[][] rewards = new float[images.size()][];
    for (int i = 0; i < rewards.length; i++) {
      rewards[i] = new float[] {(float) reward.of(images.get(i))};
    }
    double[][] table =
        PromptStatistics.of(Collections.nCopies(images.size(), "a point"), rewards)
            .advantages(PromptStatistics.Spread.PER_PROMPT);
    return Arrays.stream(table).mapToDouble(row -> row[0]).toArray();
  }

  /** The gradient of a loss with respect to the network's prediction. */
  @FunctionalInterface
  private interface Slope {
    float[] of(float[] predicted);
  }

  private static void descend(
      ToyNet net, AdamW optimizer, float[] points, float[] levels, Slope slope) {
    try (Memory.Scope scope = net.device().memory().scope();
        Gradients gradients = new Gradients(net.weights())) {
      Tape tape = new Tape();
      Variable predicted = tape.record(() -> net.at(points, levels));
      float[] gradient = slope.of(predicted.value().toFloats());
      tape.backward(predicted, Tensor.of(net.device(), gradient, levels.length, 2), gradients);
      optimizer.step(gradients, gradients.clip(1));
    }
  }

  private static AdamW.Settings settings(double learningRate) {
    return new AdamW.Settings(learningRate, 0.9, 0.999, 1e-8, 0);
  }

  /** Images with fresh noise of random levels. */
  private record Noised(float[] points, float[] levels, float[] velocities) {
    static Noised of(float[] x0, RandomGenerator random) {
      float[] levels = new float[x0.length / 2];
      float[] points = new float[x0.length];
      float[] velocities = new float[x0.length];
      for (int b = 0; b < levels.length; b++) {
        levels[b] = 1e-3f + (1 - 1e-3f) * random.nextFloat();
        for (int i = 2 * b; i < 2 * b + 2; i++) {
          float noise = (float) random.nextGaussian();
          points[i] = (1 - levels[b]) * x0[i] + levels[b] * noise;
          velocities[i] = noise - x0[i];
        }
      }
      return new Noised(points, levels, velocities);
    }
  }
}
