package org.diffusionnft.rewards.service;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One attempt that failed. The message says what was wrong, without naming the service. */
final class ServiceFailure extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean passing;
  private final transient @Nullable Duration wait;

  private ServiceFailure(String message, boolean passing, @Nullable Duration wait) {
    super(message);
    this.passing = passing;
    this.wait = wait;
  }

  /** What may be better a little later. */
  static ServiceFailure passing(String message) {
    return new ServiceFailure(message, true, null);
  }

  /** What may be better when the service says so. */
  static ServiceFailure passing(String message, @Nullable Duration wait) {
    return new ServiceFailure(message, true, wait);
  }

  /** What more attempts cannot mend: a wrong key, a wrong address. */
  static ServiceFailure lasting(String message) {
    return new ServiceFailure(message, false, null);
  }

  boolean isPassing() {
    return passing;
  }

  /** How long the service asked to be left alone. */
  @Nullable Duration requestedWait() {
    return wait;
  }
}
