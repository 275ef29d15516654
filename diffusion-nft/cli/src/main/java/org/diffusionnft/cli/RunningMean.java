package org.diffusionnft.cli;

/** An exponential moving average, for noisy numbers in a progress line. */
final class RunningMean {
  private final double memory;
  private double sum;
  private double weight;

  /**
   * @param memory the decay of earlier values' weight per new value, in [0, 1)
   */
  RunningMean(double memory) {
    this.memory = memory;
  }

  /** Adds a value; returns the new mean. */
  double add(double value) {
    sum = memory * sum + value;
    weight = memory * weight + 1;
    return sum / weight;
  }
}
