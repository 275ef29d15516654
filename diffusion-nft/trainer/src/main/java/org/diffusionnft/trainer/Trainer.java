package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterInit;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.nft.LossTerms;
import org.diffusionnft.trainer.nft.PromptStatistics;
import org.jspecify.annotations.Nullable;

/**
 * Online reinforcement learning of a flow model, on one machine: the part that all algorithms
 * share.
 *
 * <p>Each epoch samples images with the old policy, scores them, compares each with the others of
 * its prompt, and trains the policy on the result. Then the old policy moves towards the trained
 * one. Both are adapters on the same frozen base. {@link NftTrainer}, {@link AwmTrainer}, {@link
 * CrdTrainer} and {@link GrpoTrainer} differ in how a policy learns from scored images.
 *
 * <p>At the start of a stage, policy and old policy are both set to what is saved of the stage
 * before: the average, if there is one. The reference code does the same when it resumes from a
 * saved state: it saves averaged weights, loads them as both policies, and keeps moments and step
 * count. The first epoch of a stage does this; it is idempotent.
 *
 * <p>Between two epochs, the state of a run is the two adapters, the average, the optimizer's
 * moments and the numbers {@link #epoch} and {@link #step}, which determine all random draws.
 */
public abstract sealed class Trainer implements AutoCloseable permits ForwardTrainer, GrpoTrainer {
  final StagePlan plan;
  final Mmdit model;
  final Device device;
  final Memory memory;
  final Adapter policy;
  final SamplingPolicy old;
  final Gradients gradients;

  // these three are of the epoch's stage
  TrainConfig config;
  TrainingTask task;
  FlowMatchSchedule schedule;

  private final List<TrainingTask> tasks;
  private final LocalCrew local;
  private Crew crew;
  private final Set<String> promptsSeen = new HashSet<>();
  private long epoch;
  private long step;
  private boolean warm; // the first epoch fills the model's caches
  private @Nullable Optimization optimization;

  /**
   * A trainer that starts from an existing adapter.
   *
   * @param run may have stages
   * @param tasks one for each stage
   * @param policy is trained in place; the trainer takes ownership of its memory
   */
  Trainer(TrainConfig run, List<TrainingTask> tasks, Adapter policy) {
    this.plan = run.plan();
    this.tasks = List.copyOf(tasks);
    requireTasks(plan, tasks);
    this.config = plan.at(0).config();
    this.task = this.tasks.getFirst();
    this.model = task.model();
    this.device = model.device();
    this.memory = device.memory();
    this.schedule = config.sampling().toSchedule();
    this.policy = policy;
    this.old =
        new SamplingPolicy(model, policy.copy(false), config.sampling().mergeLimitMb() << 20);
    // With zero gradients for all matrices, those that no loss reaches get weight decay too.
    this.gradients = new Gradients(policy.parameters());
    this.local = new LocalCrew(this);
    this.crew = local;
  }

  /**
   * The trainer that a configuration asks for, with a new adapter, which does not change the model
   * yet.
   */
  public static Trainer of(TrainConfig config, TrainingTask task) {
    return of(config, List.of(task));
  }

  /**
   * The same for a run that may have stages.
   *
   * @param tasks one for each stage, all of one model
   */
  public static Trainer of(TrainConfig config, List<TrainingTask> tasks) {
    requireTasks(config.plan(), tasks);
    return of(config, tasks, newAdapter(config, tasks.getFirst().model()), null);
  }

  private static void requireTasks(StagePlan plan, List<TrainingTask> tasks) {
    if (plan.parts().size() != tasks.size()) {
      throw new IllegalArgumentException(
          "a run of %d stages needs a task for each, not %d"
              .formatted(plan.parts().size(), tasks.size()));
    }
  }

  /**
   * The trainer that a configuration asks for, with an existing adapter.
   *
   * @param tasks one for each stage, all of one model
   * @param policy is trained in place; the trainer takes ownership of its memory
   * @param crew does the work that can be distributed, and remains owned by the caller; null for
   *     this process alone, whose memory must then hold an epoch's images
   * @throws InvalidInputException if its memory cannot
   */
  public static Trainer of(
      TrainConfig config, List<TrainingTask> tasks, Adapter policy, @Nullable Crew crew) {
    if (crew == null) {
      try {
        EpochMemory.require(config.plan(), tasks.getFirst().latents());
      } catch (InvalidInputException e) {
        policy.close();
        throw e;
      }
    }
    Trainer trainer = withoutOptimization(config, tasks, policy);
    if (crew != null) {
      trainer.crew = crew;
    }
    trainer.optimization();
    return trainer;
  }

  /** A trainer that creates its optimizer only when it has to train. */
  static Trainer withoutOptimization(TrainConfig config, List<TrainingTask> tasks, Adapter policy) {
    return switch (config.algorithm()) {
      case NFT -> new NftTrainer(config, tasks, policy);
      case GRPO -> new GrpoTrainer(config, tasks, policy);
      case AWM -> new AwmTrainer(config, tasks, policy);
      case CRD -> new CrdTrainer(config, tasks, policy);
    };
  }

  private Optimization optimization() {
    Optimization existing = optimization;
    if (existing == null) {
      existing = new Optimization(config, policy, device);
      optimization = existing;
    }
    return existing;
  }

  /** Runs all remaining epochs. */
  public final void run(TrainingListener listener) {
    while (epoch < config.epochs()) { // the total, in every stage
      runEpoch(listener);
    }
  }

  /** {@link #runEpoch(TrainingListener, Stop)} without a stop. */
  public final EpochReport runEpoch(TrainingListener listener) {
    return runEpoch(listener, Stop.NEVER);
  }

  /**
   * Runs one epoch: sample, score, compare, train, update the old policy. An epoch that fails or is
   * stopped leaves the state as it was before.
   *
   * @throws StoppedException if a stop is requested
   * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
   */
  public final EpochReport runEpoch(TrainingListener listener, Stop stop) {
    PhaseTime.Moment started = PhaseTime.Moment.now();
    optimization(); // created before memory is measured
    if (plan.crossesBorder(epoch)) {
      beginStage();
    }
    long live = memory.liveBytes();
    boolean wasWarm = warm;
    List<Prompt> prompts = task.randomness().prompts(epoch);
    EpochReport report;
    try (Crew.Shift shift = crew.begin(epoch, prompts, old.adapter())) {
      Rollout rollout =
          shift.sample(images -> listener.sampled(epoch, images, prompts.size()), stop);
      device.section(() -> "epoch %d, sampling".formatted(epoch + 1));
      PromptStatistics statistics = compare(rollout);
      double[][] advantages = statistics.advantages(config.loss().advantageSpread());
      listener.scored(rollout, advantages);

      PhaseTime.Moment sampled = PhaseTime.Moment.now();
      List<StepReport> steps = train(shift, rollout, advantages, listener, stop);

      double decay = oldDecay(step);
      old.follow(policy, decay);
      device.section(() -> "epoch %d, end".formatted(epoch + 1));

      promptsSeen.addAll(statistics.prompts());
      report =
          EpochReport.of(
              rollout,
              statistics,
              steps,
              step,
              promptsSeen.size(),
              decay,
              sampled.since(started),
              PhaseTime.Moment.now().since(sampled));
    }
    if (wasWarm) {
      memory.requireNoLeak("an epoch", live);
    }
    warm = true;
    epoch++;
    enter(epoch);
    listener.epochDone(report);
    return report;
  }

  /** Sets both policies to the average of the stage before. */
  private void beginStage() {
    Ema ema = ema();
    if (ema != null) {
      policy.set(ema.averages());
    }
    old.follow(policy, 0);
  }

  /** Switches to the settings and the task of an epoch's stage. */
  final void enter(long next) {
    StagePlan.Part part = plan.at(next);
    if (config != part.config()) {
      config = part.config();
      task = tasks.get(part.index());
      schedule = config.sampling().toSchedule();
    }
  }

  /** The embeddings of an epoch's prompts. */
  final PromptTable table(List<Prompt> prompts) {
    return new PromptTable(device, task.encoder(), prompts, config.needsEmptyPrompt());
  }

  /**
   * Samples images with the old policy.
   *
   * @param prompts of the whole epoch
   * @param first index in the epoch of the first image
   */
  abstract SampledBatch sampleBatch(
      PromptTable table, long epoch, List<Prompt> prompts, int first, int count, Stop stop);

  /**
   * Sampled images.
   *
   * @param latents {@code [count, C, H, W]}
   * @param paths what is kept of each image's trajectory, see {@link Rollout.Made}
   */
  record SampledBatch(Tensor latents, float[][] paths) {
    /** Images without trajectories. */
    static SampledBatch of(Tensor latents) {
      return new SampledBatch(latents, new float[latents.shape().intDim(0)][0]);
    }
  }

  /**
   * Begins a pass over an epoch's images.
   *
   * @param pass index of the pass, counted over the whole run
   */
  abstract Pass pass(Rollout rollout, double[][] advantages, PromptTable table, long pass);

  /** Trains on batches of a pass. */
  interface Pass {
    /**
     * Adds a share of the gradient of a batch at one timestep of each of its images.
     *
     * @param first place in the pass of the batch's first image
     * @param turn which of the timesteps
     */
    Trained train(int first, int count, int turn, double share);
  }

  /**
   * The result of training on a batch.
   *
   * @param batch its data, for listeners; null if the algorithm keeps no record
   */
  record Trained(LossTerms terms, @Nullable TrainedBatch batch) {}

  /** Learns from an epoch's images. If it fails or is stopped, the state is as it was before. */
  private List<StepReport> train(
      Crew.Shift shift,
      Rollout rollout,
      double[][] advantages,
      TrainingListener listener,
      Stop stop) {
    int turns = config.turns();
    int batches = rollout.images() / config.training().batchSize();
    int batchesPerStep = batches / config.training().optimizerStepsPerEpoch();
    int inner = config.training().innerEpochs();
    long firstPass = plan.pass(epoch);
    List<StepReport> reports = new ArrayList<>();
    AtomicInteger done = new AtomicInteger();
    try (Undo undo = new Undo()) {
      for (long pass = firstPass; pass < firstPass + inner; pass++) {
        Policies policies = new Policies(policy, averageNow());
        for (int first = 0; first < batches; first += batchesPerStep) {
          List<LossTerms> terms =
              shift.descend(
                  new OptimizerStep(epoch, step, pass, first, batchesPerStep, turns),
                  policies,
                  rollout,
                  advantages,
                  gradients,
                  batch ->
                      listener.trained(
                          epoch, done.incrementAndGet(), inner * batches * turns, batch),
                  stop);
          reports.add(update(LossTerms.mean(terms), listener));
        }
      }
      undo.cancel();
    }
    return reports;
  }

  /** Restores the state at its creation when it is closed, unless it was cancelled. */
  private final class Undo implements AutoCloseable {
    private final Snapshot before = optimization().before();
    private final long stepBefore = step;
    private final long optimizerStepBefore = optimizer().step();
    private boolean cancelled;

    private Undo() {
      before.take();
    }

    private void cancel() {
      cancelled = true;
    }

    @Override
    public void close() {
      if (!cancelled) {
        before.restore();
        step = stepBefore;
        optimizer().step(optimizerStepBefore);
        gradients.zero();
      }
    }
  }

  /**
   * The adapter for the average that the algorithm pulls to in this stage; null if it pulls to
   * none.
   */
  @Nullable Adapter pulledTo() {
    return null;
  }

  /** A copy of the average at the start of a pass, if the algorithm pulls to it. */
  private @Nullable Adapter averageNow() {
    Adapter average = pulledTo();
    if (average != null) {
      average.set(Objects.requireNonNull(ema(), "the settings ask for an average").averages());
    }
    return average;
  }

  /** The decay of the old policy's update after an epoch. */
  abstract double oldDecay(long steps);

  /** The shape of {@code count} images' latents. */
  final Shape shape(int count) {
    Shape c = task.latents();
    return Shape.of(count, c.dim(0), c.dim(1), c.dim(2));
  }

  /** Statistics of the rewards, each repeated per trained timestep as in the reference code. */
  final PromptStatistics compare(Rollout rollout) {
    float[][] rewards = new float[rollout.images()][config.trainedTimesteps()];
    for (int i = 0; i < rewards.length; i++) {
      java.util.Arrays.fill(rewards[i], rollout.scores().total()[i]);
    }
    return PromptStatistics.of(rollout.prompts().stream().map(Prompt::text).toList(), rewards);
  }

  /** One optimizer step on the accumulated gradient. */
  private StepReport update(LossTerms terms, TrainingListener listener) {
    listener.gradients(step, gradients);
    double norm = gradients.norm();
    requireFinite("gradient", norm);
    AdamW optimizer = optimizer();
    Ema ema = ema();
    optimizer.settings(config.training().toAdamW(step));
    optimizer.step(gradients, Gradients.clipFactor(norm, config.training().maxGradNorm()));
    gradients.zero();
    StepReport report = new StepReport(step, terms, norm);
    step++;
    if (ema != null) {
      ema.step(step);
    }
    device.section(() -> "epoch %d, step %d".formatted(epoch + 1, step));
    listener.stepped(report);
    return report;
  }

  /** The policy in training. */
  public final Adapter policy() {
    return policy;
  }

  /** The policy that samples. */
  public final Adapter old() {
    return old.adapter();
  }

  /** The optimizer, whose moments are part of a run's state. */
  public final AdamW optimizer() {
    return optimization().optimizer();
  }

  /** The average of the policy, if the configuration asks for one. */
  public final @Nullable Ema ema() {
    return optimization().ema();
  }

  /**
   * A copy of what evaluations and saved adapters use: the average if there is one, else the
   * policy.
   */
  public final Adapter best() {
    Adapter copy = policy.copy(false);
    Ema ema = ema();
    if (ema != null) {
      copy.set(ema.averages());
    }
    return copy;
  }

  /** The next epoch, from 0. */
  public final long epoch() {
    return epoch;
  }

  /** Optimizer steps done. */
  public final long step() {
    return step;
  }

  /** Number of distinct prompts so far. */
  public final int promptsSeen() {
    return promptsSeen.size();
  }

  /** The device that computes. */
  public final Device device() {
    return device;
  }

  /** Does the work that can be distributed: this process alone, unless a crew was given. */
  public final Crew crew() {
    return crew;
  }

  /** Continues from another point of a run, whose adapters and moments have been restored. */
  public final void resumeAt(long epoch, long step) {
    old.merge();
    this.epoch = epoch;
    this.step = step;
    promptsSeen.clear();
    enter(epoch);
    for (long past = 0; past < epoch; past++) {
      tasks
          .get(plan.at(past).index())
          .randomness()
          .prompts(past)
          .forEach(p -> promptsSeen.add(p.text()));
    }
  }

  /** Frees everything except the tasks. */
  @Override
  public final void close() {
    closeOwn();
    local.close();
    gradients.close();
    if (optimization != null) {
      optimization.close();
    }
    old.close();
    policy.close();
  }

  /** Frees what the algorithm has allocated. */
  void closeOwn() {}

  /**
   * The new adapter that a run begins with if it is given none; it does not change the model yet.
   */
  public static Adapter newAdapter(TrainConfig config, Mmdit model) {
    Map<String, Shape> parameters = new LinkedHashMap<>();
    model.parameters().forEach((name, parameter) -> parameters.put(name, parameter.shape()));
    AdapterInit init = AdapterInit.gaussian(config.seed());
    return Adapter.create(config.adapter().toConfig(), parameters, model.device(), init);
  }

  /** Sets the position of the run that this process computes for. */
  final void at(long runEpoch, long runStep) {
    epoch = runEpoch;
    step = runStep;
    enter(epoch);
  }

  /** Checks that a number is finite. */
  final void requireFinite(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new TrainingDivergedException(what, value, step, epoch);
    }
  }
}
