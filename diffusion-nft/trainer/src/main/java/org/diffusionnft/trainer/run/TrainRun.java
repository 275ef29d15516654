package org.diffusionnft.trainer.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.trainer.Crew;
import org.diffusionnft.trainer.CrewMember;
import org.diffusionnft.trainer.CrewUnavailableException;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.StoppedException;
import org.diffusionnft.trainer.Trainer;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.journal.RunJournal;
import org.diffusionnft.weights.io.AppendedFile;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.io.FolderLock;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.Leftovers;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftFolder;
import org.jspecify.annotations.Nullable;

/**
 * A training run in a folder: {@code config.yaml}, {@code metrics.jsonl} and {@code
 * evaluations.jsonl} with a line for each epoch and evaluation, {@code held-out.jsonl} with the
 * rewards' scores of the pictures of evaluations, {@code executors.jsonl} with a line for each
 * process of a crew and epoch, {@code checkpoints/} to resume from, and {@code adapter/} at the
 * end. A run that is killed at any moment and resumed ends with the same bytes. Only one process at
 * a time can use the folder.
 */
public final class TrainRun implements AutoCloseable {
  static final String CONFIG = "config.yaml";
  static final String ADAPTER = "adapter";
  private static final String METRICS = "metrics.jsonl";
  private static final String EVALUATIONS = "evaluations.jsonl";
  private static final String EXECUTORS = "executors.jsonl";
  private static final String EPOCH = "epoch";

  private final Path folder;
  private final TrainConfig config;
  private final StagePlan plan;
  private final Trainable trainable;
  private final Trainer trainer;
  private final Checkpoints checkpoints;
  private final List<String> repairs = new ArrayList<>();
  private @Nullable FolderLock lock;
  private long savedEpoch = -1;

  private TrainRun(Path folder, TrainConfig config, Trainable trainable, Trainer trainer) {
    this.folder = folder;
    this.config = config;
    this.plan = config.plan();
    this.trainable = trainable;
    this.checkpoints = new Checkpoints(checkpoints(folder));
    this.trainer = trainer;
  }

  static Path checkpoints(Path folder) {
    return folder.resolve("checkpoints");
  }

  /** A run before its first epoch, with a new adapter or the one to start from. */
  private static TrainRun begin(
      Path folder, TrainConfig config, Trainable trainable, @Nullable CrewConnection cluster)
      throws InvalidFileException {
    if (!config.adapter().hasStart()) {
      return ofNewAdapter(folder, config, trainable, cluster);
    }
    Adapter policy = StartingAdapter.read(config.adapter(), trainable.task().model());
    TrainConfig settled = config.withAdapter(config.adapter().settled(policy.config()));
    return of(folder, settled, trainable, policy, cluster);
  }

  private static TrainRun ofNewAdapter(
      Path folder, TrainConfig config, Trainable trainable, @Nullable CrewConnection cluster) {
    Adapter policy = Trainer.newAdapter(config, trainable.task().model());
    return of(folder, config, trainable, policy, cluster);
  }

  private static TrainRun of(
      Path folder,
      TrainConfig config,
      Trainable trainable,
      Adapter policy,
      @Nullable CrewConnection cluster) {
    Crew crew = null;
    if (cluster != null) {
      try (Opening opening = new Opening()) {
        opening.add(policy);
        crew = opening.done(cluster.crew(config, trainable));
      }
    }
    Trainer trainer = Trainer.of(config, trainable.tasks(), policy, crew);
    return new TrainRun(folder, config, trainable, trainer);
  }

  /** Whether a folder holds a run that can be resumed. */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(CONFIG));
  }

  /**
   * Checks, before models are opened, that a run can start in a folder: it does not exist, is
   * empty, or holds only leftovers of a process that was killed before its run began.
   *
   * @throws OutputException that says what is in the way
   */
  public static void requireStartable(Path folder) throws OutputException {
    if (!isFree(folder)) {
      AtomicFolder.requireNewOrEmpty(folder);
    }
    Path there = folder.toAbsolutePath();
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new OutputException(folder, there + " is a file, not a folder", null);
    }
    if (!Files.isWritable(there)) {
      throw new OutputException(folder, "no permission to write to " + there, null);
    }
  }

  /** Whether a folder exists and holds nothing but leftovers. */
  static boolean isFree(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.allMatch(
          f -> f.getFileName().toString().equals(FolderLock.NAME) || Leftovers.is(f));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Starts a run in this process alone.
   *
   * @see #start(Path, TrainConfig, Trainable, CrewConnection)
   */
  public static TrainRun start(Path folder, TrainConfig config, Trainable trainable)
      throws IOException {
    return start(folder, config, trainable, null);
  }

  /**
   * Starts a run in a new folder, which must be empty or not exist.
   *
   * @param trainable remains owned by the caller
   * @param cluster does the work that can be distributed, and remains owned by the caller; null for
   *     this process alone
   * @throws OutputException if the folder cannot be created
   * @throws InvalidFileException if the adapter to start from cannot be trained with this model
   * @throws org.diffusionnft.tensor.InvalidInputException if an epoch's images do not fit into this
   *     process's memory
   */
  public static TrainRun start(
      Path folder, TrainConfig config, Trainable trainable, @Nullable CrewConnection cluster)
      throws IOException {
    requireStartable(folder);
    TrainRun run = begin(folder, config, trainable, cluster);
    boolean started = false;
    try {
      Files.createDirectories(folder);
      run.lock = FolderLock.take(folder);
      requireStartable(folder); // again, now that others are locked out
      Leftovers.sweep(folder);
      AtomicFile.write(folder.resolve(CONFIG), run.config.toYaml());
      started = true;
      return run;
    } catch (InvalidFileException | OutputException e) {
      throw e;
    } catch (IOException e) {
      throw new OutputException(folder, InvalidFileException.reason(e), e);
    } finally {
      if (!started) {
        run.close();
      }
    }
  }

  /**
   * Resumes a run in this process alone.
   *
   * @see #resume(Resumption, Trainable, CrewConnection)
   */
  public static TrainRun resume(Resumption from, Trainable trainable) throws IOException {
    return resume(from, trainable, null);
  }

  /**
   * Resumes a run.
   *
   * @param from remains owned by the caller and must stay open
   * @param trainable opened for its configuration; remains owned by the caller
   * @param cluster does the work that can be distributed, and remains owned by the caller; null for
   *     this process alone
   * @throws InvalidFileException if the checkpoint does not fit the model
   * @throws org.diffusionnft.tensor.InvalidInputException if an epoch's images do not fit into this
   *     process's memory
   */
  public static TrainRun resume(
      Resumption from, Trainable trainable, @Nullable CrewConnection cluster) throws IOException {
    TrainConfig config = from.config();
    TrainRun run =
        from.checkpoint() == null
            ? begin(from.folder(), config, trainable, cluster)
            : ofNewAdapter(from.folder(), config, trainable, cluster);
    boolean loaded = false;
    try {
      run.lock = from.lock();
      run.sweep();
      if (from.checkpoint() != null) {
        Checkpoints.load(from.checkpoint(), run.trainer, config);
        run.savedEpoch = run.trainer.epoch();
      }
      run.repair(from.epochsBefore());
      if (!Resumption.settings(from.folder()).equals(config)) {
        AtomicFile.write(from.folder().resolve(CONFIG), config.toYaml());
      }
      loaded = true;
      return run;
    } finally {
      if (!loaded) {
        run.close();
      }
    }
  }

  /** Deletes half-written files of killed processes. */
  private void sweep() throws IOException {
    Leftovers.sweep(folder);
    Leftovers.sweep(folder.resolve("samples"));
    checkpoints.sweep();
  }

  /**
   * Drops what a killed run wrote after the state that is resumed, and what a shorter run wrote
   * only because it ended there.
   *
   * @param lastBefore what was previously the last epoch
   */
  private void repair(int lastBefore) throws IOException {
    long done = trainer.epoch();
    Path metrics = folder.resolve(METRICS);
    repairs.addAll(JsonLines.dropAfter(metrics, EPOCH, done));
    int left = JsonLines.read(metrics).size();
    if (left + repairs.size() < done) {
      repairs.add(
          "%s: has %d of %d epochs; reports will not show the others"
              .formatted(metrics, left, done));
    }
    repairs.addAll(JsonLines.dropAfter(folder.resolve("groups.jsonl"), EPOCH, done));
    repairs.addAll(JsonLines.dropAfter(folder.resolve(EXECUTORS), EPOCH, done));
    for (String name : List.of(EVALUATIONS, RunJournal.HELD_OUT)) {
      repairs.addAll(JsonLines.keep(folder.resolve(name), line -> isKept(line, lastBefore), EPOCH));
    }
    repairs.addAll(
        JsonLines.keep(
            folder.resolve("prompts.jsonl"),
            line -> line.path("held_out").asBoolean() ? isKept(line, lastBefore) : at(line) <= done,
            EPOCH));
  }

  /** Whether an evaluation belongs to this run. */
  private boolean isKept(JsonNode line, int lastBefore) {
    long epoch = at(line);
    boolean onlyAsLast = epoch == lastBefore && !isEvaluated(epoch);
    return epoch <= trainer.epoch() && !onlyAsLast;
  }

  private static long at(JsonNode line) {
    return line.path(EPOCH).asLong();
  }

  /** The configuration, with the values of the starting adapter filled in. */
  public TrainConfig config() {
    return config;
  }

  /** The number of processes and their speed, for a progress line; empty for this process alone. */
  public String crewWords() {
    return trainer.crew().words();
  }

  /** Epochs done. */
  public long epoch() {
    return trainer.epoch();
  }

  /** A sentence for each repair of the run's files at resumption. */
  public List<String> repairs() {
    return List.copyOf(repairs);
  }

  /** Receives the evaluations during training. */
  @FunctionalInterface
  public interface EvaluationListener {
    /** An evaluation on the held-out prompts is done. */
    void evaluated(long epoch, Evaluation evaluation);
  }

  /** {@link #train(TrainingListener, EvaluationListener, Stop)} to the end. */
  public void train(TrainingListener listener, EvaluationListener evaluations) throws IOException {
    train(listener, evaluations, Stop.NEVER);
  }

  /**
   * Trains to the end and writes the adapter.
   *
   * @throws RunPausedException if a reward or the cluster is unavailable; the state of the last
   *     epoch is saved
   * @throws StoppedException if a stop is requested; the state of the last epoch is saved
   * @throws IOException if something cannot be written
   */
  public void train(TrainingListener listener, EvaluationListener evaluations, Stop stop)
      throws IOException {
    boolean unevaluated = isEvaluationMissing();
    if (unevaluated || trainer.epoch() < config.epochs()) {
      try (RunJournal journal =
          RunJournal.open(folder, config, trainable.task(), trainer.epoch())) {
        Rest rest = new Rest(journal, evaluations, stop);
        if (unevaluated) {
          rest.finishEpoch(OptionalDouble.empty());
        }
        while (trainer.epoch() < config.epochs()) {
          EpochReport report =
              orPause(() -> trainer.runEpoch(new JournalListener(listener, journal), stop), stop);
          String metrics = EpochJson.line(report, plan.at(report.epoch()).name());
          append(METRICS, metrics);
          appendMembers(report);
          journal.epochDone(trainer.epoch(), metrics);
          rest.finishEpoch(OptionalDouble.of(report.reward()));
        }
      }
    }
    writeAdapter();
  }

  /**
   * Whether the last epoch's evaluation was interrupted by a stop or a failed reward; it is then
   * made up for.
   */
  private boolean isEvaluationMissing() throws IOException {
    long done = trainer.epoch();
    return isEvaluated(done)
        && JsonLines.read(folder.resolve(EVALUATIONS)).stream().noneMatch(line -> at(line) == done);
  }

  /** The steps after the training of an epoch. */
  private final class Rest {
    private final RunJournal journal;
    private final EvaluationListener evaluations;
    private final Stop stop;

    private Rest(RunJournal journal, EvaluationListener evaluations, Stop stop) {
      this.journal = journal;
      this.evaluations = evaluations;
      this.stop = stop;
    }

    /**
     * Evaluates and saves, if due.
     *
     * @param reward what the checkpoint is ranked by in runs without evaluations
     */
    void finishEpoch(OptionalDouble reward) throws IOException {
      long done = trainer.epoch();
      OptionalDouble score = config.evaluation().every() > 0 ? OptionalDouble.empty() : reward;
      if (isEvaluated(done)) {
        Evaluation evaluation = evaluate();
        append(EVALUATIONS, line(done, evaluation, plan.after(done).name()));
        journal.evaluated(done, evaluation);
        evaluations.evaluated(done, evaluation);
        score = score(evaluation);
      }
      boolean last = done == config.epochs() || plan.isEnd(done);
      if (done > 0 && (isDue(config.saveEvery(), done) || last)) {
        save(score);
      }
    }

    private Evaluation evaluate() throws IOException {
      Evaluator evaluator = trainable.evaluator(plan.after(trainer.epoch()).index());
      return orPause(
          () -> {
            try (Adapter best = trainer.best()) {
              return evaluator.evaluate(best, trainer.crew(), stop);
            }
          },
          stop);
    }
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws IOException;
  }

  /**
   * Runs work. If it fails or is stopped, it has changed nothing, and the state before it is saved.
   */
  private <T> T orPause(Work<T> work, Stop stop) throws IOException {
    try {
      return work.run();
    } catch (StoppedException e) {
      saveForLater();
      throw e;
    } catch (RewardUnavailableException e) {
      throw paused(e, stop);
    } catch (CrewUnavailableException e) {
      throw paused(e);
    }
  }

  /** If the reward's program was stopped together with us, this is a stop, not a failed reward. */
  private RunPausedException paused(RewardUnavailableException e, Stop stop) throws IOException {
    saveForLater();
    stop.check();
    return new RunPausedException(folder, trainer.epoch(), e);
  }

  private RunPausedException paused(CrewUnavailableException e) throws IOException {
    saveForLater();
    return new RunPausedException(folder, trainer.epoch(), e);
  }

  private void saveForLater() throws IOException {
    if (savedEpoch != trainer.epoch()) {
      save(OptionalDouble.empty());
    }
  }

  private void save(OptionalDouble score) throws IOException {
    checkpoints.save(trainer, config, score);
    savedEpoch = trainer.epoch();
  }

  /**
   * Whether an epoch is followed by an evaluation. In runs with evaluations, the last epoch and the
   * last one of each stage always are.
   */
  private boolean isEvaluated(long epoch) {
    int every = config.evaluation().every();
    if (epoch == 0) {
      return config.evaluation().isFirst();
    }
    return isDue(every, epoch) || (every > 0 && (epoch == config.epochs() || plan.isEnd(epoch)));
  }

  private static boolean isDue(int every, long epoch) {
    return every > 0 && epoch % every == 0;
  }

  private static String line(long epoch, Evaluation evaluation, String stage) {
    ObjectNode json = StrictJson.object();
    json.put(EPOCH, epoch);
    if (!stage.isEmpty()) {
      json.put("stage", stage);
    }
    json.setAll(evaluation.numbers());
    return json.toString();
  }

  /** What checkpoints are ranked by: the total if there is one, else the mean of all scores. */
  private static OptionalDouble score(Evaluation evaluation) {
    return evaluation.numbers().path("total").isNumber()
        ? OptionalDouble.of(evaluation.numbers().path("total").asDouble())
        : evaluation.scores().stream().mapToDouble(Double::doubleValue).average();
  }

  /** Writes the adapter; if the run was lengthened, it replaces that of the shorter run. */
  private void writeAdapter() throws IOException {
    try (Adapter best = trainer.best()) {
      AtomicFolder.replace(
          folder.resolve(ADAPTER),
          hidden -> PeftFolder.fill(hidden, Map.of(PeftFolder.DEFAULT, PeftAdapter.of(best))));
    }
  }

  /** Appends what each process of a crew did, and for how much of the epoch it was idle. */
  private void appendMembers(EpochReport report) throws IOException {
    double seconds = report.sampling().seconds() + report.training().seconds();
    for (CrewMember member : trainer.crew().members()) {
      ObjectNode json = StrictJson.object();
      json.put(EPOCH, trainer.epoch());
      json.put("executor", member.name());
      json.put("orders", member.orders());
      json.put("busy_seconds", member.busySeconds());
      json.put("longest_seconds", member.longestSeconds());
      json.put("idle_share", Math.max(0, 1 - member.busySeconds() / seconds));
      json.put("failed", member.failed());
      append(EXECUTORS, json.toString());
    }
  }

  private void append(String file, String line) throws IOException {
    AppendedFile.append(folder.resolve(file), line + "\n");
  }

  @Override
  public void close() {
    trainer.close();
    if (lock != null) {
      lock.close();
    }
  }
}
