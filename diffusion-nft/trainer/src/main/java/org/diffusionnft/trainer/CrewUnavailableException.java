package org.diffusionnft.trainer;

import org.jspecify.annotations.Nullable;

/**
 * The machines that a run is distributed to cannot do their work now, or would not compute what
 * this one would. The run's state is what it was before the epoch. The message is one sentence.
 */
public final class CrewUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which machine or which work, and why
   */
  public CrewUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
