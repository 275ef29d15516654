package org.diffusionnft.trainer.config;

import java.util.ArrayList;
import java.util.List;

/**
 * The settings of each epoch of a run.
 *
 * @param parts in order; a single one without a name in runs that have no stages
 */
public record StagePlan(List<Part> parts) {
  /**
   * Consecutive epochs with the same settings.
   *
   * @param index from 0
   * @param name of the stage; empty in runs without stages
   * @param from number of epochs before it
   * @param to number of epochs up to its end
   * @param firstPass number of passes over images before it
   * @param config settings without stages
   */
  public record Part(
      int index, String name, long from, long to, long firstPass, TrainConfig config) {}

  /** Keeps a copy of the list. */
  public StagePlan {
    parts = List.copyOf(parts);
  }

  static StagePlan of(TrainConfig config) {
    if (config.stages().isEmpty()) {
      return new StagePlan(List.of(new Part(0, "", 0, config.epochs(), 0, config)));
    }
    List<Part> parts = new ArrayList<>();
    long from = 0;
    long pass = 0;
    for (Stage stage : config.stages()) {
      TrainConfig settings = stage.in(config);
      long to = from + stage.epochs();
      parts.add(new Part(parts.size(), stage.name(), from, to, pass, settings));
      pass += stage.epochs() * (long) settings.training().innerEpochs();
      from = to;
    }
    return new StagePlan(parts);
  }

  /** Whether the run has stages. */
  public boolean isStaged() {
    return !parts.getFirst().name().isEmpty();
  }

  /**
   * The part that an epoch belongs to; the last part for epochs beyond its end.
   *
   * @param epoch from 0
   */
  public Part at(long epoch) {
    return parts.stream().filter(part -> epoch < part.to()).findFirst().orElse(parts.getLast());
  }

  /** The part of the last finished epoch; the first part if no epoch is done. */
  public Part after(long done) {
    return at(Math.max(0, done - 1));
  }

  /** Whether an epoch is the first one of a stage other than the first. */
  public boolean crossesBorder(long epoch) {
    return epoch > 0 && at(epoch).from() == epoch;
  }

  /** Whether the last finished epoch is the last of its stage. */
  public boolean isEnd(long done) {
    return isStaged() && parts.stream().anyMatch(part -> part.to() == done);
  }

  /** Optimizer steps of the run's first epochs. */
  public long steps(long epochs) {
    long steps = 0;
    for (Part part : parts) {
      boolean last = part == parts.getLast();
      long done = Math.max(0, (last ? epochs : Math.min(epochs, part.to())) - part.from());
      TrainingSettings training = part.config().training();
      steps += done * training.innerEpochs() * training.optimizerStepsPerEpoch();
    }
    return steps;
  }

  /** The index of an epoch's first pass over its images, counted over the whole run. */
  public long pass(long epoch) {
    Part part = at(epoch);
    return part.firstPass() + (epoch - part.from()) * part.config().training().innerEpochs();
  }
}
