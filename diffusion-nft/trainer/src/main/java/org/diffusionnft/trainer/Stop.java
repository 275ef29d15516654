package org.diffusionnft.trainer;

/** A request to end a run early: somebody pressed Ctrl-C, the machine is shutting down. */
@FunctionalInterface
public interface Stop {
  /** Never requests a stop. */
  Stop NEVER = () -> false;

  /** Whether the run should end as soon as it can without losing a finished epoch. */
  boolean isAsked();

  /**
   * Ends the current work if a stop is requested.
   *
   * @throws StoppedException if it is
   */
  default void check() {
    if (isAsked()) {
      throw new StoppedException();
    }
  }
}
