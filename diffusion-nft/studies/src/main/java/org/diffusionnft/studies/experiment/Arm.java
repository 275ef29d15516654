package org.diffusionnft.studies.experiment;

import org.diffusionnft.trainer.config.TrainConfig;

/**
 * One of the ways of training that an experiment compares.
 *
 * @param name short, for folders
 * @param title for people
 * @param changes what it changes in the experiment's settings, as YAML
 */
public record Arm(String name, String title, String changes) {

  /** FlowGRPO and what was made of it: {@code grpo} says how it learns from which solver's path. */
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
