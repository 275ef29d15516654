package org.diffusionnft.trainer.run;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.PhiloxRandomness;
import org.diffusionnft.trainer.PromptPool;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.evaluation.PictureEvaluator;
import org.jspecify.annotations.Nullable;

/** A Stable Diffusion 3 model on disk, and prompts from files. */
public final class TrainablePictures implements Trainable {
  private final TrainConfig config;
  private final PromptFiles prompts;
  private final PictureModel model;
  private final TrainingTask task;

  private TrainablePictures(
      TrainConfig config, PromptFiles prompts, PictureModel model, WeightedRewards rewards) {
    this.config = config;
    this.prompts = prompts;
    this.model = model;
    this.task =
        new TrainingTask(
            model.transformer(),
            model.latents(config.resolution()),
            (_, texts) -> model.embed(texts),
            model::decode,
            rewards,
            new PhiloxRandomness(
                config.seed(), PromptPool.of(prompts.training()), config.prompts()));
  }

  /**
   * Opens what a configuration names.
   *
   * @param cache folder of embedded prompts, or null for none
   * @param listener is warned of what prompts lose
   * @throws IOException if a file is missing or damaged
   * @throws IOException also if a reward can make nothing of a prompt; it names file and line
   * @throws IllegalArgumentException if a reward is unknown, or settings do not fit the model
   */
  public static TrainablePictures open(
      TrainConfig config, Device device, @Nullable Path cache, PictureListener listener)
      throws IOException {
    PromptFiles prompts = PromptFiles.of(config);
    WeightedRewards rewards = WeightedRewards.open(config.rewards());
    PictureModel model = null;
    try {
      prompts.check(config, rewards);
      model =
          PictureModel.open(
              Path.of(config.model()),
              config.pipeline().toOptions(config.precision()),
              device,
              cache,
              listener);
      model.requireTextEncoders();
      // Once more: opening the model took its time, in which a reward's program may have ended.
      rewards.check(prompts.training().getFirst());
      return new TrainablePictures(config, prompts, model, rewards);
    } catch (IOException | RuntimeException e) {
      if (model != null) {
        model.close();
      }
      rewards.close();
      throw e;
    }
  }

  @Override
  public TrainingTask task() {
    return task;
  }

  @Override
  public Evaluator evaluator() {
    Shape latents = task.latents();
    return new PictureEvaluator(
        model, latents, prompts.heldOut(), config.evaluation().sampling(), task.rewards());
  }

  @Override
  public void close() {
    task.rewards().close();
    model.close();
  }
}
