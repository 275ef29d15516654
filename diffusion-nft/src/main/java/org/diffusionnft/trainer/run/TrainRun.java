package org.diffusionnft.trainer.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.diffusionnft.models.Adapter;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.NftTrainer;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.report.RunJournal;
import org.diffusionnft.trainer.reward.RewardUnavailableException;
import org.diffusionnft.weights.AtomicFolder;
import org.diffusionnft.weights.InvalidFileException;
import org.diffusionnft.weights.OutputException;
import org.diffusionnft.weights.PeftAdapter;
import org.diffusionnft.weights.PeftFolder;
import org.diffusionnft.weights.StrictJson;

/**
 * A DiffusionNFT run in a folder: {@code config.yaml}, {@code metrics.jsonl} and {@code
 * evaluations.jsonl} with a line for each epoch and evaluation, {@code state.safetensors} to go on
 * from, and {@code adapter/} at the end. Killed at any moment and resumed, it ends with the same
 * bytes.
 */
public final class TrainRun implements AutoCloseable {
  private static final String STATE = "state.safetensors";

  private final Path folder;
  private final TrainConfig config;
  private final Trainable trainable;
  private final NftTrainer trainer;

  private TrainRun(Path folder, TrainConfig config, Trainable trainable) {
    this.folder = folder;
    this.config = config;
    this.trainable = trainable;
    this.trainer = new NftTrainer(config, trainable.task());
  }

  /**
   * Starts a run in a new folder, which must be empty or not exist.
   *
   * @param trainable stays the caller's
   * @throws OutputException if the folder cannot be made
   */
  public static TrainRun start(Path folder, TrainConfig config, Trainable trainable)
      throws IOException {
    AtomicFolder.requireNewOrEmpty(folder);
    TrainRun run = new TrainRun(folder, config, trainable);
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("config.yaml"), config.toYaml());
      return run;
    } catch (IOException e) {
      run.close();
      throw new OutputException(folder, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Goes on with the run of a folder from its last saved state.
   *
   * @param trainable of its configuration; stays the caller's
   * @throws InvalidFileException if there is none, or it does not fit the model
   */
  public static TrainRun resume(Path folder, Trainable trainable) throws IOException {
    TrainRun run = new TrainRun(folder, configOf(folder), trainable);
    boolean loaded = false;
    try {
      TrainState.load(folder.resolve(STATE), run.trainer, trainable.task().model().device());
      run.dropLinesAfter("metrics.jsonl");
      run.dropLinesAfter("evaluations.jsonl");
      loaded = true;
      return run;
    } finally {
      if (!loaded) {
        run.close();
      }
    }
  }

  /**
   * The configuration of the run in a folder.
   *
   * @throws InvalidFileException if there is none
   */
  public static TrainConfig configOf(Path folder) throws InvalidFileException {
    return TrainState.config(folder.resolve(STATE));
  }

  /** The configuration. */
  public TrainConfig config() {
    return config;
  }

  /** Epochs done. */
  public long epoch() {
    return trainer.epoch();
  }

  /** Is told of evaluations on the way. */
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
      String metrics = EpochJson.line(runEpoch(listener));
      append("metrics.jsonl", metrics);
      journal.epochDone(trainer.epoch(), metrics);
      long done = trainer.epoch();
      if (isDue(config.evaluation().every(), done)) {
        Evaluation evaluation = evaluate(evaluator);
        ObjectNode json = StrictJson.object();
        json.put("epoch", done);
        json.setAll(evaluation.numbers());
        append("evaluations.jsonl", json.toString());
        journal.evaluated(done, evaluation.prompts(), evaluation.pictures(), evaluation.scores());
        evaluations.evaluated(done, evaluation);
      }
      if (isDue(config.saveEvery(), done) || done == config.epochs()) {
        TrainState.save(folder.resolve(STATE), trainer, config);
      }
    }
  }

  /** An epoch that fails while it samples has changed nothing: what is saved is the one before. */
  private EpochReport runEpoch(TrainingListener listener) throws IOException {
    try {
      return trainer.runEpoch(listener);
    } catch (RewardUnavailableException e) {
      TrainState.save(folder.resolve(STATE), trainer, config);
      throw new RunPausedException(folder, trainer.epoch(), e);
    }
  }

  private static boolean isDue(int every, long epoch) {
    return every > 0 && epoch % every == 0;
  }

  private Evaluation evaluate(Evaluator evaluator) throws IOException {
    try (Adapter best = trainer.best()) {
      return evaluator.evaluate(best);
    }
  }

  private void writeAdapter() throws IOException {
    Path target = folder.resolve("adapter");
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
    EpochLines.dropAfter(folder.resolve(name), trainer.epoch());
  }

  @Override
  public void close() {
    trainer.close();
  }
}
