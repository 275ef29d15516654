package org.diffusionnft.trainer;

import java.time.Duration;

/**
 * How long a phase of an epoch took.
 *
 * @param seconds by the clock
 * @param processorSeconds by all of this process's threads together, compilation and garbage
 *     collection included: what else runs on the machine hardly changes it. 0 where the operating
 *     system does not say
 */
public record PhaseTime(double seconds, double processorSeconds) {

  /** A moment that a time can be measured from. */
  record Moment(long nanos, Duration processor) {
    static Moment now() {
      return new Moment(
          System.nanoTime(),
          ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO));
    }

    /** The time since another moment. */
    PhaseTime since(Moment start) {
      return new PhaseTime(
          (nanos - start.nanos) * 1e-9, processor.minus(start.processor).toNanos() * 1e-9);
    }
  }
}
