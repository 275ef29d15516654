package org.diffusionnft.verify.onnx;

import java.util.Locale;
import java.util.SortedSet;

/**
 * The outcome of a case.
 *
 * @param name the name of its folder
 * @param verdict whether it passed
 * @param sentence why it did not pass; empty if it did
 * @param operators operators that its model uses
 */
public record OnnxOutcome(
    String name, Verdict verdict, String sentence, SortedSet<String> operators) {
  /** The possible outcomes of a case. */
  public enum Verdict {
    /** Every output is as expected. */
    PASSED,
    /** The model needs unsupported features, which was reported before any computation. */
    NOT_SUPPORTED,
    /** An output is not as expected, or the files cannot be used. */
    FAILED
  }

  /** One line for display. */
  @Override
  public String toString() {
    String word = verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return name + ": " + word + (sentence.isEmpty() ? "" : ": " + sentence);
  }
}
