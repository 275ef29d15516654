package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.TrainConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The rewards that a command scores pictures with. */
final class RewardsOption {
  @Option(
      names = "--rewards",
      paramLabel = "NAME,...|FILE",
      description =
          "Rewards that score pictures: names, or a YAML file with the 'rewards' of a training"
              + " run. Default: none; for a benchmark, those that the paper measures on it.")
  private @Nullable String rewards;

  /**
   * The rewards' settings; null if the option was not given.
   *
   * @throws IOException if the file cannot be read
   * @throws InvalidInputException if there is no such file, or it is not a settings file
   */
  @Nullable SequencedMap<String, RewardSettings> settings() throws IOException {
    if (rewards == null) {
      return null;
    }
    if (rewards.endsWith(".yaml") || rewards.endsWith(".yml")) {
      Path file = Path.of(rewards);
      if (!Files.exists(file)) {
        throw new InvalidInputException(file + ": no such file of settings for --rewards");
      }
      return TrainConfig.read(file).rewards();
    }
    return RewardSettings.named(List.of(rewards.split(",", -1)));
  }
}
