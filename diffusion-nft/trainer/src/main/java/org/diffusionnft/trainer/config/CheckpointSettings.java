package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;

/**
 * Which checkpoints of a run are kept; {@code saveEvery} says how often there is one.
 *
 * @param keepLast how many of the newest; with more than one, a damaged newest does not end the run
 * @param keepBest how many of those with the best scores are kept as well: of held-out evaluations
 *     if there are any, else of the reward
 */
public record CheckpointSettings(int keepLast, int keepBest) {
  /** Checks the ranges. */
  public CheckpointSettings {
    require("keepLast", keepLast, keepLast >= 1, "at least 1");
    require("keepBest", keepBest, keepBest >= 0, "at least 0");
  }

  /** {@code keepLast: 3, keepBest: 1}. */
  public static CheckpointSettings official() {
    return new CheckpointSettings(3, 1);
  }

  static CheckpointSettings bind(Keys keys, CheckpointSettings d) {
    return new CheckpointSettings(
        keys.count("keepLast", d.keepLast), keys.count("keepBest", d.keepBest));
  }
}
