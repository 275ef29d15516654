package org.diffusionnft.rewards;

/**
 * A service did not give a reward, after all retries. Nothing is wrong with the run: it pauses, and
 * can be resumed when the service is back. The message is one sentence.
 */
public final class RewardUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which service, for how long it was tried, and what it said last
   */
  public RewardUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
