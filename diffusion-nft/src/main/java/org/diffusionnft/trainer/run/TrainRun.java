package org.diffusionnft.trainer.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.diffusionnft.models.Adapter;
import org.diffusionnft.models.ForwardPass;
import org.diffusionnft.models.Mmdit;
import org.diffusionnft.models.clip.Pixels;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.NftTrainer;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.HeldOut;
import org.diffusionnft.trainer.evaluation.ScoreJson;
import org.diffusionnft.trainer.report.RunJournal;
import org.diffusionnft.trainer.reward.Images;
import org.diffusionnft.trainer.reward.Pictures;
import org.diffusionnft.trainer.reward.RewardUnavailableException;
import org.diffusionnft.trainer.shapes.Judge;
import org.diffusionnft.trainer.shapes.ShapesSampler;
import org.diffusionnft.trainer.shapes.ShapesTask;
import org.diffusionnft.trainer.shapes.ShapesWorld;
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
  private final Mmdit model;
  private final TrainingTask task;
  private final NftTrainer trainer;

  private TrainRun(Path folder, TrainConfig config, Mmdit model) {
    this.folder = folder;
    this.config = config;
    this.model = model;
    this.task = ShapesTask.of(model, config);
    this.trainer = new NftTrainer(config, task);
  }

  /**
   * Starts a run in a new folder, which must be empty or not exist.
   *
   * @throws OutputException if the folder cannot be made
   */
  public static TrainRun start(Path folder, TrainConfig config, Mmdit model) throws IOException {
    AtomicFolder.requireNewOrEmpty(folder);
    TrainRun run = new TrainRun(folder, config, model);
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
   * @throws InvalidFileException if there is none, or it does not fit the model
   */
  public static TrainRun resume(Path folder, Mmdit model) throws IOException {
    TrainRun run = new TrainRun(folder, configOf(folder), model);
    boolean loaded = false;
    try {
      TrainState.load(folder.resolve(STATE), run.trainer, model.device());
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
    void evaluated(long epoch, HeldOut.Outcome outcome);
  }

  /**
   * Trains to the end and writes the adapter.
   *
   * @throws RunPausedException if a reward could not be had; the state of the last epoch is saved
   * @throws IOException if something cannot be written
   */
  public void train(TrainingListener listener, EvaluationListener evaluations) throws IOException {
    if (trainer.epoch() < config.epochs()) {
      try (RunJournal journal = RunJournal.open(folder, config, task, trainer.epoch())) {
        train(new JournalListener(listener, journal), journal, evaluations);
      }
    }
    writeAdapter();
  }

  private void train(TrainingListener listener, RunJournal journal, EvaluationListener evaluations)
      throws IOException {
    HeldOut heldOut = HeldOut.of(config.evaluation().prompts());
    while (trainer.epoch() < config.epochs()) {
      String metrics = EpochJson.line(runEpoch(listener));
      append("metrics.jsonl", metrics);
      journal.epochDone(trainer.epoch(), metrics);
      long done = trainer.epoch();
      if (isDue(config.evaluation().every(), done)) {
        HeldOut.Outcome outcome = evaluate(heldOut);
        ObjectNode json = StrictJson.object();
        json.put("epoch", done);
        json.setAll(ScoreJson.of(outcome.scores()));
        json.put("graded", outcome.scores().total().graded());
        append("evaluations.jsonl", json.toString());
        note(journal, done, heldOut, outcome);
        evaluations.evaluated(done, outcome);
      }
      if (isDue(config.saveEvery(), done) || done == config.epochs()) {
        TrainState.save(folder.resolve(STATE), trainer, config);
      }
    }
  }

  private static void note(
      RunJournal journal, long epoch, HeldOut heldOut, HeldOut.Outcome outcome) {
    List<Pixels> pictures = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    for (int i = 0; i < outcome.images().size(); i++) {
      float[] image = outcome.images().get(i);
      Images one = new Images(image, ShapesWorld.CHANNELS, ShapesWorld.SIZE, ShapesWorld.SIZE);
      pictures.add(Pictures.pixels(one, 0));
      scores.add(Judge.judge(heldOut.prompts().get(i), image).graded());
    }
    journal.evaluated(epoch, heldOut.captions(), pictures, scores);
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

  private HeldOut.Outcome evaluate(HeldOut heldOut) {
    try (Adapter best = trainer.best()) {
      ShapesSampler sampler =
          new ShapesSampler(model, ForwardPass.with(best), config.evaluation().sampling());
      return heldOut.evaluate(sampler, _ -> {});
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
    task.rewards().close();
  }
}
