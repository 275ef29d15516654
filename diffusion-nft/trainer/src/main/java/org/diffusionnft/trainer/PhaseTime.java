package org.diffusionnft.trainer;

import java.time.Duration;

/**
 * How long a phase of an epoch took.
 *
 * @param seconds wall-clock time
 * @param processorSeconds CPU time of all threads of this process, including compilation and
 *     garbage collection; hardly affected by other load on the machine. 0 if the operating system
 *     does not report it
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
