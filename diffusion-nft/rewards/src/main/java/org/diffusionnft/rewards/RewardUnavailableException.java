package org.diffusionnft.rewards;

/**
 * A reward gave no scores: a service did not answer after all retries, or the reward's own code
 * failed. The run's state is what it was before the epoch: the run pauses, and can be resumed when
 * the reward works again. The message is one sentence.
 */
public final class RewardUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which service, for how long it was tried, and its last answer
   */
  public RewardUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * @param message which reward, and what is wrong with its scores
   */
  public RewardUnavailableException(String message) {
    super(message);
  }
}
