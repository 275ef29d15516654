package org.diffusionnft.trainer.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.Trainer;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.journal.RunJournal;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftFolder;
import org.jspecify.annotations.Nullable;

/**
 * A training run in a folder: {@code config.yaml}, {@code metrics.jsonl} and {@code
 * evaluations.jsonl} with a line for each epoch and evaluation, {@code checkpoints/} to go on from,
 * and {@code adapter/} at the end. Killed at any moment and resumed, it ends with the same bytes.
 */
public final class TrainRun implements AutoCloseable {
  private static final String CONFIG = "config.yaml";
  private static final String METRICS = "metrics.jsonl";
  private static final String EVALUATIONS = "evaluations.jsonl";
  private static final String ADAPTER = "adapter";

  private final Path folder;
  private final TrainConfig config;
  private final Trainable trainable;
  private final Trainer trainer;
  private final Checkpoints checkpoints;

  private TrainRun(Path folder, TrainConfig config, Trainable trainable, Trainer trainer) {
    this.folder = folder;
    this.config = config;
    this.trainable = trainable;
    this.checkpoints = new Checkpoints(folder.resolve("checkpoints"));
    this.trainer = trainer;
  }

  /** A run before its first epoch, of a new adapter or of the one to start from. */
  private static TrainRun begin(Path folder, TrainConfig config, Trainable trainable)
      throws InvalidFileException {
    TrainingTask task = trainable.task();
    if (!config.adapter().hasStart()) {
      return new TrainRun(folder, config, trainable, Trainer.of(config, task));
    }
    Adapter policy = StartingAdapter.read(config.adapter(), task.model());
    TrainConfig settled = config.withAdapter(config.adapter().settled(policy.config()));
    return new TrainRun(folder, settled, trainable, Trainer.of(settled, task, policy));
  }

  /**
   * Starts a run in a new folder, which must be empty or not exist.
   *
   * @param trainable stays the caller's
   * @throws OutputException if the folder cannot be made
   * @throws InvalidFileException if the adapter to start from cannot be trained with this model
   */
  public static TrainRun start(Path folder, TrainConfig config, Trainable trainable)
      throws IOException {
    AtomicFolder.requireNewOrEmpty(folder);
    TrainRun run = begin(folder, config, trainable);
    try {
      Path parent = folder.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      AtomicFolder.write(
          folder, hidden -> Files.writeString(hidden.resolve(CONFIG), run.config.toYaml()));
      return run;
    } catch (IOException e) {
      run.close();
      throw e instanceof OutputException known
          ? known
          : new OutputException(folder, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * What there is to go on from.
   *
   * @param folder of the run
   * @param config of the run
   * @param checkpoint the newest intact one; null before there is one, to begin again
   * @param skipped a sentence for each newer checkpoint that is damaged
   */
  public record Resumption(
      Path folder, TrainConfig config, @Nullable Path checkpoint, List<String> skipped) {
    /**
     * Looks into the folder of a run.
     *
     * @throws InvalidFileException if it is none, or all of its checkpoints are damaged
     */
    public static Resumption find(Path folder) throws IOException {
      Path config = folder.resolve(CONFIG);
      if (!Files.isRegularFile(config)) {
        throw new InvalidFileException(
            folder, "is not the folder of a training run: it has no " + CONFIG);
      }
      Checkpoints.Found found = new Checkpoints(folder.resolve("checkpoints")).find();
      return new Resumption(
          folder,
          found.newest() == null ? TrainConfig.read(config) : Checkpoints.config(found.newest()),
          found.newest(),
          found.skipped());
    }
  }

  /**
   * Goes on with a run.
   *
   * @param trainable of its configuration; stays the caller's
   * @throws InvalidFileException if the checkpoint does not fit the model
   */
  public static TrainRun resume(Resumption from, Trainable trainable) throws IOException {
    TrainConfig config = from.config();
    TrainRun run =
        from.checkpoint() == null
            ? begin(from.folder(), config, trainable)
            : new TrainRun(from.folder(), config, trainable, Trainer.of(config, trainable.task()));
    boolean loaded = false;
    try {
      run.checkpoints.sweep();
      if (from.checkpoint() != null) {
        Checkpoints.load(from.checkpoint(), run.trainer, config);
      }
      run.dropLinesAfter(METRICS);
      run.dropLinesAfter(EVALUATIONS);
      loaded = true;
      return run;
    } finally {
      if (!loaded) {
        run.close();
      }
    }
  }

  /** The configuration, with all that the adapter it starts from has. */
  public TrainConfig config() {
    return config;
  }

  /** Epochs done. */
  public long epoch() {
    return trainer.epoch();
  }

  /** Receives the evaluations on the way. */
  @FunctionalInterface
  public interface EvaluationListener {
    /** An evaluation on the held-out prompts is done. */
    void evaluated(long epoch, Evaluation evaluation);
  }

  /**
   * Trains to the end and writes the adapter.
   *
   * @throws RunPausedException if a reward could not be had; the state of the last epoch is saved
   * @throws IOException if something cannot be written
   */
  public void train(TrainingListener listener, EvaluationListener evaluations) throws IOException {
    if (trainer.epoch() < config.epochs()) {
      try (RunJournal journal =
          RunJournal.open(folder, config, trainable.task(), trainer.epoch())) {
        train(new JournalListener(listener, journal), journal, evaluations);
      }
    }
    writeAdapter();
  }

  private void train(TrainingListener listener, RunJournal journal, EvaluationListener evaluations)
      throws IOException {
    Evaluator evaluator = trainable.evaluator();
    while (trainer.epoch() < config.epochs()) {
      EpochReport report = runEpoch(listener);
      String metrics = EpochJson.line(report);
      append(METRICS, metrics);
      journal.epochDone(trainer.epoch(), metrics);
      long done = trainer.epoch();
      int every = config.evaluation().every();
      OptionalDouble score =
          every > 0 ? OptionalDouble.empty() : OptionalDouble.of(report.reward());
      if (isDue(every, done)) {
        Evaluation evaluation = evaluate(evaluator);
        append(EVALUATIONS, line(done, evaluation));
        journal.evaluated(done, evaluation);
        evaluations.evaluated(done, evaluation);
        score = score(evaluation);
      }
      if (isDue(config.saveEvery(), done) || done == config.epochs()) {
        checkpoints.save(trainer, config, score);
      }
    }
  }

  /** An epoch that fails while it samples has changed nothing: what is saved is the one before. */
  private EpochReport runEpoch(TrainingListener listener) throws IOException {
    try {
      return trainer.runEpoch(listener);
    } catch (RewardUnavailableException e) {
      if (!checkpoints.has(trainer.epoch())) {
        checkpoints.save(trainer, config, OptionalDouble.empty());
      }
      throw new RunPausedException(folder, trainer.epoch(), e);
    }
  }

  private static boolean isDue(int every, long epoch) {
    return every > 0 && epoch % every == 0;
  }

  private static String line(long epoch, Evaluation evaluation) {
    ObjectNode json = StrictJson.object();
    json.put("epoch", epoch);
    json.setAll(evaluation.numbers());
    return json.toString();
  }

  /**
   * What checkpoints are compared by: the total where there is one, else the mean of all scores.
   */
  private static OptionalDouble score(Evaluation evaluation) {
    return evaluation.numbers().path("total").isNumber()
        ? OptionalDouble.of(evaluation.numbers().path("total").asDouble())
        : evaluation.scores().stream().mapToDouble(Double::doubleValue).average();
  }

  private Evaluation evaluate(Evaluator evaluator) throws IOException {
    try (Adapter best = trainer.best()) {
      return evaluator.evaluate(best);
    }
  }

  private void writeAdapter() throws IOException {
    Path target = folder.resolve(ADAPTER);
    if (Files.exists(target)) {
      return; // a finished run that was resumed
    }
    try (Adapter best = trainer.best()) {
      PeftFolder.write(target, Map.of(PeftFolder.DEFAULT, PeftAdapter.of(best)));
    }
  }

  private void append(String file, String line) throws IOException {
    try (BufferedWriter out =
        Files.newBufferedWriter(
            folder.resolve(file), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      out.write(line + "\n");
    }
  }

  /** Drops what a killed run wrote after the state it is resumed from. */
  private void dropLinesAfter(String name) throws IOException {
    JsonLines.dropAfter(folder.resolve(name), "epoch", trainer.epoch());
  }

  @Override
  public void close() {
    trainer.close();
  }
}
