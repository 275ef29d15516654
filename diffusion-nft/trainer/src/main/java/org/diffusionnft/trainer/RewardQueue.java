package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.rewards.WeightedRewards.Scores;

/** Scores batches on a thread of its own, in order, while the next ones are sampled. */
final class RewardQueue implements AutoCloseable {
  private final WeightedRewards rewards;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("rewards").factory());
  private final List<Future<Scores>> scores = new ArrayList<>();

  RewardQueue(WeightedRewards rewards) {
    this.rewards = rewards;
  }

  /**
   * Scores a batch when those before it are done.
   *
   * @throws RuntimeException what a reward threw for an earlier batch: more sampling is for nothing
   */
  void submit(Images images, List<Prompt> prompts) {
    scores.stream().filter(f -> f.state() == Future.State.FAILED).forEach(RewardQueue::get);
    scores.add(thread.submit(() -> rewards.score(images, prompts)));
  }

  /**
   * The scores of all batches, in the order in which they were submitted.
   *
   * @throws IllegalStateException if a reward gave no valid scores; whatever a reward threw
   */
  Scores await() {
    List<Scores> results = new ArrayList<>();
    for (Future<Scores> future : scores) {
      results.add(get(future));
    }
    return Scores.concat(results);
  }

  private static Scores get(Future<Scores> future) {
    try {
      return future.get();
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
