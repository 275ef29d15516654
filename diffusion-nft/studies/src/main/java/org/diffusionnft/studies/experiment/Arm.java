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

  /** The settings of this arm. */
  public TrainConfig config(TrainConfig base) {
    return TrainConfig.parse("arm " + name, changes, base);
  }
}
