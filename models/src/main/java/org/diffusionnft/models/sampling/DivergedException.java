package org.diffusionnft.models.sampling;

import org.diffusionnft.tensor.InvalidInputException;

/** A model gave something that is no number: its weights or what it was given are damaged. */
public final class DivergedException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  /** The message is one sentence for the user. */
  public DivergedException(String message) {
    super(message);
  }
}
