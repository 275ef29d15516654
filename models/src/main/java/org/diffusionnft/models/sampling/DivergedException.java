package org.diffusionnft.models.sampling;

import org.diffusionnft.tensor.InvalidInputException;

/** A model's output is not finite: its weights or inputs are corrupt. */
public final class DivergedException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  /** The message is one sentence for the user. */
  public DivergedException(String message) {
    super(message);
  }
}
