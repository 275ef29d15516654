package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;

/** The stages of a run according to its {@code config.yaml}. */
final class RunStages {
  /**
   * The maximum number of characters of settings that are read: a hundred stages take a tenth of
   * it.
   */
  private static final int LONGEST = 1 << 20;

  private RunStages() {}

  /** The plan, if the text is a run's settings; a folder may hold anything. */
  static Optional<StagePlan> plan(String config) {
    if (config.length() > LONGEST) {
      return Optional.empty(); // parsing many megabytes of YAML takes too long for a reader
    }
    try {
      return Optional.of(TrainConfig.parse("config.yaml", config, TrainConfig.official()).plan());
    } catch (InvalidInputException e) {
      return Optional.empty();
    }
  }

  /** Name, epochs and rewards of each stage; none for a run without stages. */
  static void write(ArrayNode stages, StagePlan plan) {
    if (plan.isStaged()) {
      for (StagePlan.Part part : plan.parts()) {
        ObjectNode stage = stages.addObject();
        stage.put("name", part.name());
        stage.put("from", part.from() + 1);
        stage.put("to", part.to());
        stage.put("prompts", part.config().prompts().source());
        ObjectNode rewards = stage.putObject("rewards");
        part.config().rewards().forEach((name, reward) -> rewards.put(name, reward.weight()));
      }
    }
  }
}
