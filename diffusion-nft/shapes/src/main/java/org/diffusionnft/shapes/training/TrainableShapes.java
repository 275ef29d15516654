package org.diffusionnft.shapes.training;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.SharedRewards;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.shapes.PromptMix;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.run.Trainable;
import org.jspecify.annotations.Nullable;

/** A model of ShapesWorld and its prompts. */
public final class TrainableShapes implements Trainable {
  private final TrainConfig config;
  private final Mmdit model;
  private final SharedRewards shared;
  private final @Nullable WeightedRewards given;
  private final List<TrainingTask> tasks;

  private TrainableShapes(
      TrainConfig config,
      Mmdit model,
      SharedRewards shared,
      @Nullable WeightedRewards given,
      List<TrainingTask> tasks) {
    this.config = config;
    this.model = model;
    this.shared = shared;
    this.given = given;
    this.tasks = List.copyOf(tasks);
  }

  /** Whether a configuration is about ShapesWorld. */
  public static boolean isMeant(TrainConfig config) {
    return config.model().equals(ShapesModel.NAME)
        || PromptMix.of(config.prompts().source()).isPresent();
  }

  /**
   * Opens the built-in model, or one from a folder.
   *
   * @throws IOException if there is no such model
   * @throws IllegalArgumentException if a reward is unknown, or the prompts are not of this world
   */
  public static TrainableShapes open(TrainConfig config, Device device) throws IOException {
    return opened(config, device, null);
  }

  /**
   * The same with a program's own rewards instead of those that the configuration names.
   *
   * @param rewards are closed with the result, or if opening fails
   * @throws IOException as above
   * @throws IllegalArgumentException also if a stage names rewards, which are unknown in this case
   */
  public static TrainableShapes open(TrainConfig config, Device device, WeightedRewards rewards)
      throws IOException {
    return opened(config, device, rewards);
  }

  private static TrainableShapes opened(
      TrainConfig config, Device device, @Nullable WeightedRewards given) throws IOException {
    try (Opening opening = new Opening()) {
      if (given != null) {
        opening.add(given);
      }
      SharedRewards shared = opening.add(new SharedRewards());
      Mmdit model = opening.add(ShapesModel.open(config.model(), device));
      HeldOut heldOut = HeldOut.of(config.evaluation().prompts()); // fails before any work
      List<TrainingTask> tasks = new ArrayList<>();
      for (StagePlan.Part part : config.plan().parts()) {
        if (given != null && !part.config().rewards().equals(config.rewards())) {
          throw new InvalidInputException(
              "stage '%s' names rewards, but those of the program that trains take their place: leave rewards out of the stages"
                  .formatted(part.name()));
        }
        WeightedRewards rewards = given == null ? shared.weighted(part.config().rewards()) : given;
        tasks.add(ShapesTask.of(model, part.config(), rewards));
      }
      TrainableShapes trainable = new TrainableShapes(config, model, shared, given, tasks);
      trainable.checkMeasured(heldOut);
      return opening.done(trainable);
    }
  }

  private void checkMeasured(HeldOut heldOut) {
    if (config.evaluation().isFirst()) {
      List<Prompt> prompts = heldOut.captions().stream().map(Prompt::of).toList();
      for (int stage = 0; stage < tasks.size(); stage++) {
        prompts.forEach(measured(stage)::check);
      }
    }
  }

  /** The rewards of a stage, and those that are only measured. */
  private WeightedRewards measured(int stage) {
    return tasks.get(stage).rewards().measuring(shared.named(config.evaluation().rewards()));
  }

  @Override
  public List<TrainingTask> tasks() {
    return tasks;
  }

  @Override
  public Evaluator evaluator(int stage) {
    return new ShapesEvaluator(
        stage,
        model,
        HeldOut.of(config.evaluation().prompts()),
        config.evaluation().sampling(),
        config.evaluation().rewards().isEmpty() ? null : measured(stage));
  }

  @Override
  public void close() {
    shared.close();
    if (given != null) {
      given.close();
    }
    model.close();
  }
}
