package org.diffusionnft.rewards.service;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * The retry policy of a service: exponential back-off with jitter, a rate limit, and a time limit
 * after which the run pauses.
 */
final class Patience {
  private static final double JITTER = 0.25;
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(30);

  private final String reward;
  private final String service;
  private final RetryPolicy<Object> policy;
  private final @Nullable RateLimiter<Object> limiter;

  private Patience(
      String reward,
      String service,
      RetryPolicy<Object> policy,
      @Nullable RateLimiter<Object> limiter) {
    this.reward = reward;
    this.service = service;
    this.policy = policy;
    this.limiter = limiter;
  }

  /**
   * Reads {@code patienceSeconds} (120), {@code firstDelaySeconds} (0.5) and {@code
   * requestsPerMinute} (no limit).
   *
   * @param service the address or command, for messages
   */
  static Patience of(RewardOptions options, String service) {
    Duration limit = options.seconds("patienceSeconds", 120);
    Duration first = options.seconds("firstDelaySeconds", 0.5);
    Duration longest = first.compareTo(LONGEST_DELAY) < 0 ? LONGEST_DELAY : first.multipliedBy(2);
    RetryPolicy<Object> policy =
        RetryPolicy.builder()
            .handleIf(Patience::isPassing)
            .withBackoff(first, longest)
            .withJitter(JITTER)
            .withDelayFnOn(
                context ->
                    context.getLastException() instanceof ServiceFailure f
                            && f.requestedWait() != null
                        ? f.requestedWait()
                        : Duration.ofMillis(-1), // then the back-off applies
                IOException.class)
            .withMaxRetries(-1)
            .withMaxDuration(limit)
            .build();
    Optional<String> rate = options.text("requestsPerMinute");
    RateLimiter<Object> limiter =
        rate.isEmpty()
            ? null
            : RateLimiter.smoothBuilder(
                    options.count("requestsPerMinute", 1), Duration.ofMinutes(1))
                .withMaxWaitTime(Duration.ofDays(1))
                .build();
    return new Patience(options.reward(), service, policy, limiter);
  }

  /** One attempt. */
  @FunctionalInterface
  interface Attempt<T> {
    /** Asks the service once. */
    T run() throws IOException, InterruptedException;
  }

  /**
   * Retries until there is an answer.
   *
   * @throws RewardUnavailableException if there was none in time, or retries are pointless
   */
  <T> T ask(Attempt<T> attempt) {
    long started = System.nanoTime();
    int[] tries = {0};
    try {
      return Failsafe.with(policy)
          .get(
              () -> {
                if (limiter != null) {
                  limiter.acquirePermit();
                }
                tries[0]++;
                return attempt.run();
              });
    } catch (FailsafeException e) {
      if (e.getCause() instanceof InterruptedException) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for rewards", e);
      }
      double seconds = (System.nanoTime() - started) * 1e-9;
      throw new RewardUnavailableException(
          String.format(
              Locale.ROOT,
              "reward '%s' got no scores from %s in %.0f s and %d %s: %s",
              reward,
              service,
              seconds,
              tries[0],
              tries[0] == 1 ? "attempt" : "attempts",
              reason(e.getCause())),
          e);
    }
  }

  private static boolean isPassing(Throwable failure) {
    return failure instanceof ServiceFailure f ? f.isPassing() : failure instanceof IOException;
  }

  private static String reason(@Nullable Throwable cause) {
    if (cause == null) {
      return "no reason given";
    }
    String message = cause.getMessage();
    return message == null || message.isBlank() ? name(cause) : message.strip();
  }

  private static String name(Throwable cause) {
    return cause instanceof java.net.ConnectException
        ? "the connection was refused"
        : cause.getClass().getSimpleName();
  }
}
