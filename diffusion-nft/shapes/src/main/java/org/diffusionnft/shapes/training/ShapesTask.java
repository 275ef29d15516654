package org.diffusionnft.shapes.training;

import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.shapes.Captions;
import org.diffusionnft.shapes.PromptMix;
import org.diffusionnft.shapes.ShapesPrompts;
import org.diffusionnft.shapes.ShapesWorld;
import org.diffusionnft.shapes.WordVectors;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.ImageDecoder;
import org.diffusionnft.trainer.PhiloxRandomness;
import org.diffusionnft.trainer.PromptPool;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;

/** Trains a model of the world on prompts of the world. */
public final class ShapesTask {
  private static final int MOST_CHECKED = 1000;

  private ShapesTask() {}

  /**
   * The task of a configuration without stages.
   *
   * @throws InvalidInputException if a reward is unknown or cannot use the prompts, or these are
   *     not of this world
   */
  public static TrainingTask of(Mmdit model, TrainConfig config) {
    WeightedRewards rewards = WeightedRewards.open(config.rewards());
    boolean fit = false;
    try {
      TrainingTask task = of(model, config, rewards);
      fit = true;
      return task;
    } finally {
      if (!fit) {
        rewards.close();
      }
    }
  }

  /**
   * The task with these rewards instead of those of the configuration.
   *
   * @throws InvalidInputException as above
   */
  static TrainingTask of(Mmdit model, TrainConfig config, WeightedRewards rewards) {
    String source = config.prompts().source();
    PromptMix mix =
        PromptMix.of(source)
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "prompts.source is '%s', but a model of the world '%s' knows only prompts of that world: set it to %s"
                            .formatted(source, ShapesModel.NAME, sources())));
    WordVectors vectors = new WordVectors(model.config().jointAttentionDim());
    PromptPool pool =
        PromptPool.generated(
            random -> Prompt.of(new ShapesPrompts(random).forTraining(mix).text()));
    PhiloxRandomness randomness = new PhiloxRandomness(config.seed(), pool, config.prompts());
    return new TrainingTask(
        model,
        Shape.of(ShapesWorld.CHANNELS, ShapesWorld.SIZE, ShapesWorld.SIZE),
        (device, texts) -> Captions.encode(device, vectors, texts),
        ImageDecoder.identity(),
        checked(rewards, randomness),
        randomness);
  }

  private static String sources() {
    return Stream.of(PromptMix.values()).map(PromptMix::source).collect(Collectors.joining(" or "));
  }

  /** There are too many prompts to check all: those of the first epoch cover all kinds. */
  private static WeightedRewards checked(WeightedRewards rewards, PhiloxRandomness randomness) {
    randomness.prompts(0).stream().distinct().limit(MOST_CHECKED).forEach(rewards::check);
    return rewards;
  }
}
