package org.diffusionnft.studies.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.shapes.training.ShapesTask;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.NftTrainer;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;

/**
 * The main job: evaluates a base model without and with guidance, trains it with DiffusionNFT, and
 * evaluates it again without guidance. Everything that comes out follows from the configuration.
 *
 * @param model the frozen base
 * @param config how it is trained and evaluated
 */
public record Demo(Mmdit model, TrainConfig config) {
  private static final String CONFIG = "demo.yaml";

  /**
   * What came out.
   *
   * @param config of the run
   * @param heldOut what the contenders were asked for
   * @param outcomes what each made of it
   * @param epochs a report of each
   * @param adapter the trained adapter, the caller's to close
   * @param seconds for everything
   */
  public record Result(
      TrainConfig config,
      HeldOut heldOut,
      Map<Contender, HeldOut.Outcome> outcomes,
      List<EpochReport> epochs,
      Adapter adapter,
      double seconds) {

    /** Pictures the policy was trained on. */
    public long samples() {
      return (long) epochs.size() * config.prompts().imagesPerEpoch();
    }
  }

  /**
   * The settings that come with the program: they fit the shipped model and some minutes of two
   * cores.
   */
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

  /** Runs all of it. */
  public Result run(DemoListener listener) {
    long started = System.nanoTime();
    HeldOut heldOut = HeldOut.of(config.evaluation().prompts());
    Map<Contender, HeldOut.Outcome> outcomes = new EnumMap<>(Contender.class);
    for (Contender contender : List.of(Contender.BASE, Contender.BASE_CFG)) {
      outcomes.put(contender, evaluate(contender, ForwardPass.BASE, heldOut, listener));
    }
    List<EpochReport> epochs = new ArrayList<>();
    TrainingTask task = ShapesTask.of(model, config);
    Adapter adapter;
    try (var rewards = task.rewards();
        NftTrainer trainer = new NftTrainer(config, task)) {
      while (trainer.epoch() < config.epochs()) {
        epochs.add(trainer.runEpoch(listener));
      }
      adapter = trainer.best();
    }
    outcomes.put(
        Contender.NFT, evaluate(Contender.NFT, ForwardPass.with(adapter), heldOut, listener));
    double seconds = (System.nanoTime() - started) / 1e9;
    return new Result(config, heldOut, outcomes, List.copyOf(epochs), adapter, seconds);
  }

  private HeldOut.Outcome evaluate(
      Contender contender, ForwardPass pass, HeldOut heldOut, DemoListener listener) {
    ShapesSampler sampler =
        new ShapesSampler(
            model, pass, config.evaluation().sampling().withGuidanceScale(contender.guidance()));
    int count = heldOut.prompts().size();
    listener.evaluating(contender, 0, count);
    HeldOut.Outcome outcome =
        heldOut.evaluate(sampler, images -> listener.evaluating(contender, images, count));
    model.device().section(() -> "evaluation of " + contender.title());
    listener.evaluated(contender, outcome);
    return outcome;
  }
}
