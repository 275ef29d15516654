package org.diffusionnft.trainer;

/** The current work was abandoned because a stop was requested; what was done before is saved. */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** An exception without details. */
  public StoppedException() {
    super("stopped before the end");
  }
}
