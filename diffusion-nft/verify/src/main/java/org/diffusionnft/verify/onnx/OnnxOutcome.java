package org.diffusionnft.verify.onnx;

import java.util.Locale;
import java.util.SortedSet;

/**
 * What became of a case.
 *
 * @param name its folder's
 * @param verdict whether it passed
 * @param sentence why it did not; empty if it did
 * @param operators that its model uses
 */
public record OnnxOutcome(
    String name, Verdict verdict, String sentence, SortedSet<String> operators) {
  /** What a case can come to. */
  public enum Verdict {
    /** Every output is as expected. */
    PASSED,
    /**
     * The model needs what is not there, and that was said before anything was computed with it.
     */
    NOT_SUPPORTED,
    /** An output is not as expected, or the files cannot be used. */
    FAILED
  }

  /** One line for people. */
  @Override
  public String toString() {
    String word = verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return name + ": " + word + (sentence.isEmpty() ? "" : ": " + sentence);
  }
}
