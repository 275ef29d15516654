package org.diffusionnft.rewards;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Runs calls that mostly wait, each on a virtual thread, a limited number at a time. Results are in
 * the order of the calls.
 */
public final class InParallel<T> implements AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<T>> futures = new ArrayList<>();
  private final Semaphore permits;

  /**
   * @param atMost maximum number of concurrent calls
   */
  public InParallel(int atMost) {
    this.permits = new Semaphore(atMost);
  }

  /** Starts a call, or queues it. */
  public void submit(Callable<T> call) {
    futures.add(
        threads.submit(
            () -> {
              permits.acquire();
              try {
                return call.call();
              } finally {
                permits.release();
              }
            }));
  }

  /**
   * Waits for all results.
   *
   * @throws RuntimeException what the first failed call threw; the others are cancelled
   */
  public List<T> results() {
    List<T> results = new ArrayList<>();
    for (Future<T> future : futures) {
      try {
        results.add(future.get());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException cause
            ? cause
            : new IllegalStateException("a reward failed: " + e.getCause(), e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for rewards", e);
      }
    }
    return results;
  }

  /** Cancels the calls that still run. */
  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
  }
}
