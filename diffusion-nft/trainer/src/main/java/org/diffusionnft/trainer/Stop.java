package org.diffusionnft.trainer;

/** Whether a run is to end before its time: somebody pressed Ctrl-C, the machine shuts down. */
@FunctionalInterface
public interface Stop {
  /** Nobody asks. */
  Stop NEVER = () -> false;

  /** Whether the run is to end as soon as it can without losing an epoch that is done. */
  boolean isAsked();

  /**
   * Ends what is going on if that is asked.
   *
   * @throws StoppedException if it is
   */
  default void check() {
    if (isAsked()) {
      throw new StoppedException();
    }
  }
}
