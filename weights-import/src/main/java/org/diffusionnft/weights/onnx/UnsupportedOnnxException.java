package org.diffusionnft.weights.onnx;

import org.diffusionnft.tensor.InvalidInputException;

/** A well-formed model needs something that is not supported; the message says what. */
public final class UnsupportedOnnxException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  /** With the sentence for the user. */
  public UnsupportedOnnxException(String sentence) {
    super(sentence);
  }
}
