package org.diffusionnft.trainer;

/** What was going on was given up because somebody asked for it; what was done before is saved. */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Nothing more is known. */
  public StoppedException() {
    super("stopped before the end");
  }
}
