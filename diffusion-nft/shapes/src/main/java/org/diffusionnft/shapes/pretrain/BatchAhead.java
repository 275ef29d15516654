package org.diffusionnft.shapes.pretrain;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Prepares the batch of the next step on a separate thread while the device computes. */
final class BatchAhead<T> implements AutoCloseable {
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("batches").factory());
  private final LongFunction<T> batches;
  private final long last;
  private @Nullable Future<T> next;
  private long nextStep = -1;

  /**
   * @param batches makes the batch of a step
   * @param last the last step that will be requested
   */
  BatchAhead(LongFunction<T> batches, long last) {
    this.batches = batches;
    this.last = last;
  }

  /** The batch of a step; requesting steps in order is fastest. */
  T at(long step) throws InterruptedException {
    Future<T> current = nextStep == step && next != null ? next : submit(step);
    nextStep = step + 1;
    next = nextStep <= last ? submit(nextStep) : null;
    try {
      return current.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the batch of step " + step + " failed", e.getCause());
    }
  }

  private Future<T> submit(long step) {
    return thread.submit(() -> batches.apply(step));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
