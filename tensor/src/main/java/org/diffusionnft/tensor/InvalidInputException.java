package org.diffusionnft.tensor;

/**
 * User input cannot be used: a flag, a setting, a file that does not fit the model. The message is
 * one sentence that says what the input is, what was expected, what was found and what to do; the
 * command line prints it and exits with code 2.
 *
 * <p>Any other {@link IllegalArgumentException} means that our own code broke a contract: a bug.
 */
public class InvalidInputException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** With the sentence for the user. */
  public InvalidInputException(String sentence) {
    super(sentence);
  }

  /** With the sentence for the user, and the cause. */
  public InvalidInputException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
