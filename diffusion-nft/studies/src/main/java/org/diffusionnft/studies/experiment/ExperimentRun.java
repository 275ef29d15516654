package org.diffusionnft.studies.experiment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.shapes.training.TrainableShapes;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.Trainer;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.run.Resumption;
import org.diffusionnft.trainer.run.TrainRun;
import org.diffusionnft.trainer.run.Trainable;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Runs an experiment in a folder: a training in {@code runs/ARM-SEED} for every arm and seed, then
 * {@code index.html} and {@code results.json}. Existing runs are kept, so a stopped experiment
 * resumes.
 *
 * @param experiment the variants to compare
 * @param base settings that all arms share
 * @param seeds that each arm is trained with
 * @param folder of the experiment
 */
public record ExperimentRun(
    Experiment experiment, TrainConfig base, List<Long> seeds, Path folder) {

  /** Receives the events of an experiment. */
  public interface Listener {
    /** One epoch of each arm is run and discarded, so that all are timed alike. */
    void warmingUp();

    /** A training begins or resumes. */
    TrainingListener training(String run, long epochsDone, int epochs);

    /** An evaluation on the held-out prompts is done. */
    void scored(String run, long epoch, double score);

    /** A training is done. */
    void trained();
  }

  /**
   * The results.
   *
   * @param baseScore strict score of the base model
   * @param guidedScore strict score of the base model with guidance
   * @param curves by arm, one for each seed
   * @param rewards that were measured in addition to the score
   */
  record Results(
      double baseScore,
      double guidedScore,
      SequencedMap<Arm, List<Curve>> curves,
      HeldOutRewards rewards) {}

  /** Keeps a copy of the list. */
  public ExperimentRun {
    seeds = List.copyOf(seeds);
    if (seeds.isEmpty() || seeds.stream().distinct().count() != seeds.size()) {
      throw new InvalidInputException("an experiment needs seeds that all differ, not " + seeds);
    }
    if (base.evaluation().every() < 1) {
      throw new InvalidInputException(
          "an experiment needs scores on the way: set evaluation.every to at least 1");
    }
  }

  /**
   * Trains the missing runs and writes the page. Possible later failures are checked first: the
   * settings of all arms, and the existing runs.
   *
   * @param stop ends it; finished training is saved
   * @param command the user's command to repeat it, for the page
   * @return the page
   * @throws IOException if a folder holds a run with other settings, or the output cannot be
   *     written
   */
  public Path run(Device device, String command, Listener listener, Stop stop) throws IOException {
    requireSameSettings();
    Files.createDirectories(folder.resolve("runs"));
    HeldOut heldOut = HeldOut.of(base.evaluation().prompts());
    double plain;
    double guided;
    try (TrainableShapes shapes = TrainableShapes.open(base, device)) {
      Mmdit model = shapes.task().model();
      plain = score(model, heldOut, 1, stop);
      listener.scored("base", 0, plain);
      guided = score(model, heldOut, ShapesModel.GUIDANCE, stop);
      listener.scored("base with guidance", 0, guided);
    }
    SequencedMap<Arm, List<Curve>> curves = new LinkedHashMap<>();
    SequencedMap<Arm, List<Path>> runs = new LinkedHashMap<>();
    boolean warm = false;
    // Seed by seed, so that a stopped experiment has a comparison for some seeds.
    for (long seed : seeds) {
      for (Arm arm : experiment.arms()) {
        TrainConfig config = config(arm, seed);
        Path run = runFolder(arm, seed);
        if (!warm && !TrainedRun.isDone(run, config)) {
          warmUp(device, listener, stop);
          warm = true;
        }
        TrainedRun.train(run, config, device, listener, stop);
        runs.computeIfAbsent(arm, _ -> new ArrayList<>()).add(run);
        curves.computeIfAbsent(arm, _ -> new ArrayList<>()).add(Curve.read(run, config, plain));
      }
    }
    Results results = new Results(plain, guided, curves, HeldOutRewards.read(runs));
    StrictJson.write(folder.resolve("results.json"), json(results));
    Path page = folder.resolve("index.html");
    AtomicFile.write(page, new ExperimentPage(this, results, command).html());
    return page;
  }

  private TrainConfig config(Arm arm, long seed) {
    return arm.config(base).withSeed(seed);
  }

  private Path runFolder(Arm arm, long seed) {
    return folder.resolve("runs").resolve(arm.name() + "-" + seed);
  }

  private void requireSameSettings() throws IOException {
    for (long seed : seeds) {
      for (Arm arm : experiment.arms()) {
        TrainConfig config = config(arm, seed);
        if (config.epochs() != base.epochs()) {
          throw new InvalidInputException(
              "'%s' is trained for %d epochs, but the experiment is of %d: say how many with --epochs"
                  .formatted(arm.title(), config.epochs(), base.epochs()));
        }
        Path run = runFolder(arm, seed);
        if (!TrainRun.isIn(run)) {
          TrainRun.requireStartable(run);
        } else if (!Resumption.settings(run).equals(config)) {
          throw new OutputException(
              run, "holds a run with other settings: choose another folder with --out", null);
        }
      }
    }
  }

  /**
   * Runs an epoch of every arm and discards it: otherwise the first arm's time would include JIT
   * compilation.
   */
  private void warmUp(Device device, Listener listener, Stop stop) throws IOException {
    listener.warmingUp();
    for (Arm arm : experiment.arms()) {
      TrainConfig config = config(arm, seeds.getFirst());
      try (Trainable trainable = TrainableShapes.open(config, device);
          Trainer trainer = Trainer.of(config, trainable.tasks())) {
        trainer.runEpoch(TrainingListener.NONE, stop);
      }
    }
  }

  private double score(Mmdit model, HeldOut heldOut, double guidance, Stop stop) {
    ShapesSampler sampler =
        new ShapesSampler(
            model, ForwardPass.BASE, base.evaluation().sampling().withGuidanceScale(guidance));
    return heldOut.evaluate(sampler, _ -> stop.check()).scores().total().strict();
  }

  private ObjectNode json(Results results) {
    ObjectNode json = StrictJson.object();
    json.put("experiment", experiment.name());
    json.put("base", results.baseScore());
    json.put("baseCfg", results.guidedScore());
    ObjectNode arms = json.putObject("arms");
    results
        .curves()
        .forEach(
            (arm, curves) -> {
              ObjectNode bySeed = arms.putObject(arm.name());
              for (int i = 0; i < curves.size(); i++) {
                var points = bySeed.putArray(Long.toString(seeds.get(i)));
                for (Curve.Point p : curves.get(i).points()) {
                  points
                      .addObject()
                      .put("samples", p.samples())
                      .put("steps", p.steps())
                      .put("seconds", p.seconds())
                      .put("processorSeconds", p.processorSeconds())
                      .put("score", p.score());
                }
              }
            });
    if (!results.rewards().base().isEmpty()) {
      results.rewards().json(json.putObject("rewards"), seeds);
    }
    return json;
  }
}
