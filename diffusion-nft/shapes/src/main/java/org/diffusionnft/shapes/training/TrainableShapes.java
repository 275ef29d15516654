package org.diffusionnft.shapes.training;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.run.Trainable;
import org.jspecify.annotations.Nullable;

/** A model of ShapesWorld and its prompts. */
public final class TrainableShapes implements Trainable {
  private final TrainConfig config;
  private final Mmdit model;
  private final TrainingTask task;

  private TrainableShapes(TrainConfig config, Mmdit model, TrainingTask task) {
    this.config = config;
    this.model = model;
    this.task = task;
  }

  /** Whether a configuration is about ShapesWorld. */
  public static boolean isMeant(TrainConfig config) {
    return config.model().equals(ShapesTask.NAME)
        || config.prompts().source().equals(ShapesTask.NAME);
  }

  /**
   * Opens the model that is shipped, or one from a folder.
   *
   * @throws IOException if there is none
   * @throws IllegalArgumentException if a reward is unknown, or the prompts are of another world
   */
  public static TrainableShapes open(TrainConfig config, Device device) throws IOException {
    return opened(config, device, null);
  }

  /**
   * The same with rewards of a program's own instead of those that the configuration names.
   *
   * @param rewards are closed with what is opened, or if that fails
   * @throws IOException as above
   */
  public static TrainableShapes open(TrainConfig config, Device device, WeightedRewards rewards)
      throws IOException {
    return opened(config, device, rewards);
  }

  private static TrainableShapes opened(
      TrainConfig config, Device device, @Nullable WeightedRewards rewards) throws IOException {
    Mmdit model =
        config.model().equals(ShapesTask.NAME)
            ? ShapesModel.shipped(device)
            : ShapesModel.load(Path.of(config.model()), device);
    boolean opened = false;
    try {
      HeldOut.of(config.evaluation().prompts()); // a wrong number is told before any work
      TrainableShapes trainable =
          new TrainableShapes(config, model, ShapesTask.of(model, config, rewards));
      opened = true;
      return trainable;
    } finally {
      if (!opened) {
        model.close();
      }
    }
  }

  @Override
  public TrainingTask task() {
    return task;
  }

  @Override
  public Evaluator evaluator() {
    return new ShapesEvaluator(
        model, HeldOut.of(config.evaluation().prompts()), config.evaluation().sampling());
  }

  @Override
  public void close() {
    task.rewards().close();
    model.close();
  }
}
