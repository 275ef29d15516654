package org.diffusionnft.studies.experiment;

import org.diffusionnft.trainer.config.TrainConfig;

/**
 * One of the variants that an experiment compares.
 *
 * @param name a short name for folders
 * @param title display name
 * @param changes its changes to the experiment's settings, as YAML
 */
public record Arm(String name, String title, String changes) {

  /** FlowGRPO or a variant of it, with a solver and settings {@code grpo}. */
  static Arm grpo(String name, String title, String solver, String grpo) {
    return new Arm(
        name,
        title,
        """
        algorithm: grpo
        sampling: {solver: %s, deterministic: false, noiseLevel: 0.7}
        grpo: {%s}
        """
            .formatted(solver, grpo));
  }

  /** The same arm with more changes. */
  Arm with(String more) {
    return new Arm(name, title, changes + more);
  }

  /** The settings of this arm. */
  public TrainConfig config(TrainConfig base) {
    return TrainConfig.parse("arm " + name, changes, base);
  }
}
