package org.diffusionnft.trainer.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.rewards.SharedRewards;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.PhiloxRandomness;
import org.diffusionnft.trainer.PromptPool;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.evaluation.PictureEvaluator;
import org.jspecify.annotations.Nullable;

/** A Stable Diffusion 3 model on disk, with prompts from files. */
public final class TrainablePictures implements Trainable {
  private final TrainConfig config;
  private final List<Stage> stages;
  private final SharedRewards rewards;
  private final PictureModel model;
  private final List<TrainingTask> tasks = new ArrayList<>();

  /**
   * The parts specific to a stage.
   *
   * @param trained what is maximised
   * @param measured the same, plus what is only measured on held-out prompts
   */
  private record Stage(
      TrainConfig config, PromptFiles prompts, WeightedRewards trained, WeightedRewards measured) {}

  private TrainablePictures(
      TrainConfig config, List<Stage> stages, SharedRewards rewards, PictureModel model) {
    this.config = config;
    this.stages = List.copyOf(stages);
    this.rewards = rewards;
    this.model = model;
    for (Stage stage : stages) {
      PromptPool pool = PromptPool.of(stage.prompts.training());
      tasks.add(
          new TrainingTask(
              model.transformer(),
              model.latents(config.resolution()),
              (_, texts) -> model.embed(texts),
              model::decode,
              stage.trained,
              new PhiloxRandomness(config.seed(), pool, stage.config.prompts())));
    }
  }

  /**
   * Opens the model, prompts and rewards that a configuration names.
   *
   * @param cache folder of embedded prompts, or null for none
   * @param listener receives warnings about truncated prompts
   * @throws IOException if a file is missing or damaged
   * @throws IOException also if a reward cannot use a prompt; it names file and line
   * @throws IllegalArgumentException if a reward is unknown, or settings do not fit the model
   */
  public static TrainablePictures open(
      TrainConfig config, Device device, @Nullable Path cache, PictureListener listener)
      throws IOException {
    SharedRewards rewards = new SharedRewards();
    PictureModel model = null;
    try {
      List<Stage> stages = new ArrayList<>();
      for (StagePlan.Part part : config.plan().parts()) {
        stages.add(stage(part.config(), rewards));
      }
      for (Stage stage : stages) {
        stage.prompts.check(stage.config, stage.trained, stage.measured);
      }
      model =
          PictureModel.open(
              Path.of(config.model()),
              config.pipeline().toOptions(config.precision()),
              device,
              cache,
              listener);
      model.requireTextEncoders();
      // Checked again: a reward's program may have ended while the model was being opened.
      for (Stage stage : stages) {
        stage.trained.check(stage.prompts.training().getFirst());
      }
      return new TrainablePictures(config, stages, rewards, model);
    } catch (IOException | RuntimeException e) {
      if (model != null) {
        model.close();
      }
      rewards.close();
      throw e;
    }
  }

  private static Stage stage(TrainConfig config, SharedRewards rewards) throws IOException {
    PromptFiles prompts = PromptFiles.of(config);
    WeightedRewards trained = rewards.weighted(config.rewards());
    return new Stage(
        config, prompts, trained, trained.measuring(rewards.named(config.evaluation().rewards())));
  }

  @Override
  public List<TrainingTask> tasks() {
    return List.copyOf(tasks);
  }

  @Override
  public Evaluator evaluator(int stage) {
    return new PictureEvaluator(
        stage,
        model,
        task().latents(),
        stages.get(stage).prompts.heldOut(),
        config.evaluation().sampling(),
        stages.get(stage).measured);
  }

  @Override
  public void close() {
    rewards.close();
    model.close();
  }
}
