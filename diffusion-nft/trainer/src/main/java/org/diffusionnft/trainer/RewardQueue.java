package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.rewards.WeightedRewards.Scores;

/** Scores batches on a thread of its own, in order, while the next ones are sampled. */
public final class RewardQueue implements AutoCloseable {
  private static final long POLL_MILLIS = 100;

  private final WeightedRewards rewards;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("rewards").factory());
  private final List<Future<Scores>> scores = new ArrayList<>();

  /** An empty queue. */
  public RewardQueue(WeightedRewards rewards) {
    this.rewards = rewards;
  }

  /**
   * Scores a batch once those before it are done.
   *
   * @throws RuntimeException what a reward threw for an earlier batch: sampling more would be
   *     wasted
   */
  public void submit(Images images, List<Prompt> prompts) {
    scores.stream().filter(f -> f.state() == Future.State.FAILED).forEach(f -> get(f, Stop.NEVER));
    scores.add(thread.submit(() -> rewards.score(images, prompts)));
  }

  /**
   * The scores of all batches, in the order in which they were submitted.
   *
   * @param stop ends the waiting
   * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no valid scores
   * @throws StoppedException if a stop is requested
   */
  public Scores await(Stop stop) {
    List<Scores> results = new ArrayList<>();
    for (Future<Scores> future : scores) {
      results.add(get(future, stop));
    }
    return Scores.concat(results);
  }

  private static Scores get(Future<Scores> future, Stop stop) {
    try {
      while (true) {
        try {
          return future.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
          stop.check();
        }
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException("a reward failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for rewards", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
