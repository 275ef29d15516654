package org.diffusionnft.studies.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.shapes.training.TrainableShapes;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.run.Resumption;
import org.diffusionnft.trainer.run.TrainRun;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.peft.AdapterFile;

/**
 * An ordinary training run on ShapesWorld, and a comparison. The base model is evaluated without
 * and with guidance, then trained, and the result is evaluated without guidance. The configuration
 * determines everything; a demo that is killed at any moment and resumed ends with the same bytes.
 */
public final class Demo implements AutoCloseable {
  private static final String CONFIG = "demo.yaml";

  private final Path folder;
  private final TrainableShapes shapes;
  private final TrainRun run;

  /**
   * The results.
   *
   * @param config of the run
   * @param heldOut the prompts of the evaluation
   * @param outcomes each contender's pictures and scores, the trained one last
   * @param metrics one line of numbers per epoch, as in {@code metrics.jsonl}
   * @param seconds total time
   */
  public record Result(
      TrainConfig config,
      HeldOut heldOut,
      SequencedMap<Contender, HeldOut.Outcome> outcomes,
      List<JsonNode> metrics,
      double seconds) {

    /** The number of pictures that the policy was trained on. */
    public long samples() {
      return (long) metrics.size() * config.prompts().imagesPerEpoch();
    }
  }

  private Demo(Path folder, TrainableShapes shapes, TrainRun run) {
    this.folder = folder;
    this.shapes = shapes;
    this.run = run;
  }

  /** The built-in settings: for the built-in model and a few minutes on two cores. */
  public static TrainConfig defaultConfig() {
    try (InputStream in = Demo.class.getResourceAsStream(CONFIG)) {
      if (in == null) {
        throw new IllegalStateException(CONFIG + " is missing in this build");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return TrainConfig.parse(CONFIG, text, TrainConfig.official());
    } catch (IOException e) {
      throw new IllegalStateException(CONFIG + " cannot be read", e);
    }
  }

  /**
   * A new demo in a new folder, which must be empty or not exist.
   *
   * @throws OutputException if the folder cannot be created
   * @throws IOException if the base model cannot be read
   */
  public static Demo start(Path folder, TrainConfig config, Device device) throws IOException {
    return open(folder, config, device, shapes -> TrainRun.start(folder, config, shapes));
  }

  /**
   * Resumes a stopped demo.
   *
   * @throws InvalidFileException if the checkpoint does not fit the model
   * @throws IOException if the base model cannot be read
   */
  public static Demo resume(Resumption from, Device device) throws IOException {
    return open(from.folder(), from.config(), device, shapes -> TrainRun.resume(from, shapes));
  }

  @FunctionalInterface
  private interface RunOpener {
    TrainRun open(TrainableShapes shapes) throws IOException;
  }

  private static Demo open(Path folder, TrainConfig config, Device device, RunOpener opener)
      throws IOException {
    try (Opening opening = new Opening()) {
      TrainableShapes shapes = opening.add(TrainableShapes.open(config, device));
      return opening.done(new Demo(folder, shapes, opener.open(shapes)));
    }
  }

  /**
   * Runs the whole demo, and writes the comparison into the run's folder.
   *
   * @throws org.diffusionnft.trainer.StoppedException if a stop is requested; finished training is
   *     saved
   * @throws IOException if something cannot be written
   */
  public Result run(DemoListener listener, Stop stop) throws IOException {
    long started = System.nanoTime();
    long epochsBefore = run.epoch();
    TrainConfig config = run.config();
    HeldOut heldOut = HeldOut.of(config.evaluation().prompts());
    SequencedMap<Contender, HeldOut.Outcome> outcomes = new LinkedHashMap<>();
    for (Contender contender : List.of(Contender.BASE, Contender.BASE_CFG)) {
      outcomes.put(contender, evaluate(contender, ForwardPass.BASE, heldOut, listener, stop));
    }
    run.train(listener.training(run.epoch(), config.epochs()), listener, stop);
    listener.trained();
    Contender trained = Contender.trained(config.algorithm());
    try (Adapter adapter =
        AdapterFile.load(folder.resolve("adapter"), model().config(), model().device())) {
      outcomes.put(trained, evaluate(trained, ForwardPass.with(adapter), heldOut, listener, stop));
    }
    List<JsonNode> metrics = JsonLines.read(folder.resolve("metrics.jsonl"));
    double seconds = (System.nanoTime() - started) / 1e9 + seconds(metrics, epochsBefore);
    Result result = new Result(config, heldOut, outcomes, metrics, seconds);
    Comparison.write(folder, result);
    return result;
  }

  /** The time that the first epochs took. */
  private static double seconds(List<JsonNode> metrics, long epochs) {
    return metrics.stream()
        .limit(epochs)
        .mapToDouble(
            line ->
                line.path("sampling_seconds").asDouble() + line.path("training_seconds").asDouble())
        .sum();
  }

  private Mmdit model() {
    return shapes.task().model();
  }

  private HeldOut.Outcome evaluate(
      Contender contender, ForwardPass pass, HeldOut heldOut, DemoListener listener, Stop stop) {
    ShapesSampler sampler =
        new ShapesSampler(
            model(),
            pass,
            run.config().evaluation().sampling().withGuidanceScale(contender.guidance()));
    int count = heldOut.prompts().size();
    listener.evaluating(contender, 0, count);
    HeldOut.Outcome outcome =
        heldOut.evaluate(
            sampler,
            images -> {
              stop.check();
              listener.evaluating(contender, images, count);
            });
    model().device().section(() -> "evaluation of " + contender.title());
    listener.evaluated(contender, outcome);
    return outcome;
  }

  @Override
  public void close() {
    run.close();
    shapes.close();
  }
}
