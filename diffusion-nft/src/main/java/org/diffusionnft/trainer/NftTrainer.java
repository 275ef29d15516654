package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Adapter;
import org.diffusionnft.models.AdapterInit;
import org.diffusionnft.models.Conditioning;
import org.diffusionnft.models.FlowMatchSchedule;
import org.diffusionnft.models.ForwardPass;
import org.diffusionnft.models.Mmdit;
import org.diffusionnft.models.Noise;
import org.diffusionnft.models.Sampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.nft.LossTerms;
import org.diffusionnft.trainer.nft.NftLoss;
import org.diffusionnft.trainer.nft.PromptStatistics;
import org.diffusionnft.trainer.reward.Images;
import org.diffusionnft.trainer.reward.Prompt;
import org.jspecify.annotations.Nullable;

/**
 * DiffusionNFT (Zheng et al., arXiv 2509.16117), as {@code scripts/train_nft_sd3.py} of the
 * reference code runs it, on one machine.
 *
 * <p>Each epoch samples images with the old policy, scores them, compares each with the others of
 * its prompt, and trains the policy on noised copies of them: no likelihoods, no trajectories. Then
 * the old policy moves a little towards the trained one. Both are adapters of one frozen base.
 *
 * <p>All that a run consists of between two epochs are the two adapters, the average, the
 * optimizer's moments and the numbers {@link #epoch} and {@link #step}: randomness follows from
 * these.
 */
public final class NftTrainer implements AutoCloseable {
  private final TrainConfig config;
  private final TrainingTask task;
  private final Mmdit model;
  private final Device device;
  private final Memory memory;
  private final FlowMatchSchedule schedule;
  private final NftLoss loss;

  private final Adapter policy;
  private final SamplingPolicy old;
  private final AdamW optimizer;
  private final @Nullable Ema ema;
  private final Gradients gradients;
  private final Set<String> promptsSeen = new HashSet<>();
  private long epoch;
  private long step;
  private boolean warm; // the very first batch fills caches of the model

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
    this.config = config;
    this.task = task;
    this.model = task.model();
    this.device = model.device();
    this.memory = device.memory();
    this.schedule = config.sampling().toSchedule();
    this.loss = config.loss().toLoss();
    this.policy = policy;
    this.old =
        new SamplingPolicy(model, policy.copy(false), config.sampling().mergeLimitMb() << 20);
    this.optimizer = new AdamW(policy.parameters(), config.training().toAdamW(0));
    this.ema =
        config.ema().enabled()
            ? new Ema(policy.parameters(), config.ema().decay(), config.ema().interval())
            : null;
    // With a zero for every matrix, those that no loss reaches get their weight decay too.
    this.gradients = new Gradients(policy.parameters());
  }

  /** Runs all epochs that are left. */
  public void run(TrainingListener listener) {
    while (epoch < config.epochs()) {
      runEpoch(listener);
    }
  }

  /** Runs one epoch: sample, score, compare, train, follow. */
  public EpochReport runEpoch(TrainingListener listener) {
    long started = System.nanoTime();
    long live = memory.liveBytes();
    boolean wasWarm = warm;
    List<Prompt> prompts = task.randomness().prompts(epoch);
    EpochReport report;
    try (PromptTable table = new PromptTable(device, task.encoder(), prompts)) {
      Rollout rollout = sample(prompts, table, listener);
      PromptStatistics statistics = compare(rollout);
      double[][] advantages = statistics.advantages(config.loss().advantageSpread());
      listener.scored(rollout, advantages);

      long sampled = System.nanoTime();
      List<StepReport> steps = train(rollout, advantages, table, listener);

      double decay = config.oldPolicy().decay(step);
      old.follow(policy, decay);

      promptsSeen.addAll(statistics.prompts());
      report =
          EpochReport.of(
              rollout,
              statistics,
              steps,
              step,
              promptsSeen.size(),
              decay,
              (sampled - started) * 1e-9,
              (System.nanoTime() - sampled) * 1e-9);
    }
    requireNoLeak("an epoch", live, wasWarm);
    epoch++;
    listener.epochDone(report);
    return report;
  }

  /** Samples an epoch's images with the old policy; rewards run beside it. */
  private Rollout sample(List<Prompt> prompts, PromptTable table, TrainingListener listener) {
    float[][] latents = new float[prompts.size()][];
    try (RewardQueue scores = new RewardQueue(task.rewards())) {
      for (int first = 0; first < latents.length; first += config.sampling().batchSize()) {
        int last = Math.min(first + config.sampling().batchSize(), latents.length);
        List<Prompt> batch = prompts.subList(first, last);
        try (Memory.Scope scope = memory.scope()) {
          Tensor sampled = sampleBatch(table.of(batch), first, batch.size());
          for (int i = first; i < last; i++) {
            latents[i] = sampled.narrow(i - first, 1).toFloats();
          }
          Images images = task.decoder().decode(sampled);
          scores.submit(images, batch);
        }
        listener.sampled(epoch, last, latents.length);
      }
      return new Rollout(epoch, prompts, latents, scores.await());
    }
  }

  private Tensor sampleBatch(Conditioning prompts, int first, int count) {
    Noise noise = task.randomness().sampling(epoch, first, count);
    Shape c = task.latents();
    Shape shape = Shape.of(count, c.dim(0), c.dim(1), c.dim(2));
    Tensor start = noise.draw(device, Noise.INITIAL, shape);
    return Sampler.sample(
        config.sampling().toSolver(), old.velocity(prompts), start, schedule.sigmas(), noise);
  }

  /** Statistics of the rewards, each repeated per trained timestep as in the reference code. */
  private PromptStatistics compare(Rollout rollout) {
    float[][] rewards = new float[rollout.images()][config.trainedTimesteps()];
    for (int i = 0; i < rewards.length; i++) {
      java.util.Arrays.fill(rewards[i], rollout.scores().total()[i]);
    }
    return PromptStatistics.of(rollout.prompts().stream().map(Prompt::text).toList(), rewards);
  }

  /** Trains on an epoch's images, in random order, each at a random choice of the timesteps. */
  private List<StepReport> train(
      Rollout rollout, double[][] advantages, PromptTable table, TrainingListener listener) {
    int batchSize = config.training().batchSize();
    int turns = config.trainedTimesteps();
    int batches = rollout.images() / batchSize;
    int batchesPerStep = batches / config.training().optimizerStepsPerEpoch();
    int inner = config.training().innerEpochs();
    List<StepReport> reports = new ArrayList<>();
    List<LossTerms> terms = new ArrayList<>();
    int done = 0;
    for (long pass = epoch * inner; pass < (epoch + 1) * inner; pass++) {
      TrainingPass images =
          new TrainingPass(rollout, advantages, schedule, task.randomness(), pass);
      for (int number = 0; number < batches; number++) {
        long live = memory.liveBytes();
        for (int turn = 0; turn < turns; turn++) {
          TrainingPass.Batch batch = images.batch(number * batchSize, batchSize, turn);
          TrainedBatch trained = descend(batch, table, 1.0 / (batchesPerStep * turns));
          terms.add(trained.outcome().terms());
          listener.trained(epoch, ++done, inner * batches * turns, trained);
        }
        if ((number + 1) % batchesPerStep == 0) {
          reports.add(update(LossTerms.mean(terms), listener));
          terms.clear();
        }
        requireNoLeak("a training batch", live, warm);
        warm = true;
      }
    }
    return reports;
  }

  /** Adds a share of the gradient of one batch at one timestep of each of its images. */
  private TrainedBatch descend(TrainingPass.Batch batch, PromptTable table, double share) {
    try (Memory.Scope scope = memory.scope()) {
      Shape c = task.latents();
      Variable xt =
          Variable.constant(
              Tensor.of(device, batch.xt(), batch.prompts().size(), c.dim(0), c.dim(1), c.dim(2)));
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

  /** One optimizer step on the gradient that was summed up. */
  private StepReport update(LossTerms terms, TrainingListener listener) {
    listener.gradients(step, gradients);
    double norm = gradients.norm();
    requireFinite("gradient", norm);
    optimizer.settings(config.training().toAdamW(step));
    optimizer.step(gradients, Gradients.clipFactor(norm, config.training().maxGradNorm()));
    gradients.zero();
    StepReport report = new StepReport(step, terms, norm);
    step++;
    if (ema != null) {
      ema.step(step);
    }
    listener.stepped(report);
    return report;
  }

  /** The policy in training. */
  public Adapter policy() {
    return policy;
  }

  /** The policy that samples. */
  public Adapter old() {
    return old.adapter();
  }

  /** The optimizer, whose moments are part of a run's state. */
  public AdamW optimizer() {
    return optimizer;
  }

  /** The average of the policy, if the configuration asks for one. */
  public @Nullable Ema ema() {
    return ema;
  }

  /** A copy of what evaluations and saved adapters use: the average if there is one. */
  public Adapter best() {
    Adapter copy = policy.copy(false);
    if (ema != null) {
      copy.set(ema.averages());
    }
    return copy;
  }

  /** The next epoch, from 0. */
  public long epoch() {
    return epoch;
  }

  /** Optimizer steps done. */
  public long step() {
    return step;
  }

  /** Goes on from another point of a run, whose adapters and moments have been restored. */
  public void resumeAt(long epoch, long step) {
    old.merge();
    this.epoch = epoch;
    this.step = step;
    promptsSeen.clear();
    for (long past = 0; past < epoch; past++) {
      task.randomness().prompts(past).forEach(p -> promptsSeen.add(p.text()));
    }
  }

  /** Frees everything but the task. */
  @Override
  public void close() {
    gradients.close();
    optimizer.close();
    if (ema != null) {
      ema.close();
    }
    old.close();
    policy.close();
  }

  private static Adapter newAdapter(TrainConfig config, Mmdit model) {
    Map<String, Shape> parameters = new LinkedHashMap<>();
    model.parameters().forEach((name, parameter) -> parameters.put(name, parameter.shape()));
    AdapterInit init = AdapterInit.gaussian(config.seed());
    return Adapter.create(config.adapter().toConfig(), parameters, model.device(), init);
  }

  private void requireFinite(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalStateException(
          "the %s became %s at optimizer step %d of epoch %d: try a lower training.learningRate"
              .formatted(what, value, step, epoch));
    }
  }

  private void requireNoLeak(String what, long liveBefore, boolean warm) {
    long left = memory.liveBytes() - liveBefore;
    if (warm && left != 0) {
      throw new IllegalStateException(what + " left " + left + " bytes behind");
    }
  }
}
