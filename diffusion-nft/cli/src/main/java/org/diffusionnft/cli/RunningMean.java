package org.diffusionnft.cli;

/** A mean that forgets: what a progress line shows of a noisy number. */
final class RunningMean {
  private final double memory;
  private double sum;
  private double weight;

  /**
   * @param memory what each new value leaves of the weight of those before, in [0, 1)
   */
  RunningMean(double memory) {
    this.memory = memory;
  }

  /** The mean with one more value. */
  double add(double value) {
    sum = memory * sum + value;
    weight = memory * weight + 1;
    return sum / weight;
  }
}
