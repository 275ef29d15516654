package org.diffusionnft.rewards.service;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A failed attempt. The message says what was wrong, without naming the service. */
final class ServiceFailure extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean passing;
  private final transient @Nullable Duration wait;

  private ServiceFailure(String message, boolean passing, @Nullable Duration wait) {
    super(message);
    this.passing = passing;
    this.wait = wait;
  }

  /** A failure that may pass after a while. */
  static ServiceFailure passing(String message) {
    return new ServiceFailure(message, true, null);
  }

  /** A failure that may pass after the time that the service states. */
  static ServiceFailure passing(String message, @Nullable Duration wait) {
    return new ServiceFailure(message, true, wait);
  }

  /** A failure that retries cannot fix: a wrong key, a wrong address. */
  static ServiceFailure lasting(String message) {
    return new ServiceFailure(message, false, null);
  }

  boolean isPassing() {
    return passing;
  }

  /** How long the service asked to wait. */
  @Nullable Duration requestedWait() {
    return wait;
  }
}
