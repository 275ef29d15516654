package org.diffusionnft.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Worker threads that run kernel tasks; the calling thread works too.
 *
 * <p>A task's result depends only on its index, never on the thread that runs it or on the number
 * of threads, so results do not depend on the thread count. The first free thread runs the next
 * task.
 */
final class Workers implements AutoCloseable {

  /** A share of a kernel's work. */
  @FunctionalInterface
  interface Task {
    /** Does the share with this index. */
    void run(int index, Scratch scratch);
  }

  /**
   * Number of operations (multiply-adds, elements) below which waking threads costs more than it
   * saves.
   */
  private static final long WORTH_SHARING = 60_000;

  private static final int SPINS = 1_000;

  private static final class Job {
    final Task task;
    final int count;
    final AtomicInteger next = new AtomicInteger();
    final AtomicInteger done = new AtomicInteger();
    final Thread owner = Thread.currentThread();
    volatile @Nullable Throwable failure;

    Job(Task task, int count) {
      this.task = task;
      this.count = count;
    }

    void work(Scratch scratch) {
      for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
        try {
          task.run(i, scratch);
        } catch (Throwable e) {
          failure = e;
        } finally {
          if (done.incrementAndGet() == count) {
            LockSupport.unpark(owner);
          }
        }
      }
    }

    boolean open() {
      return next.get() < count;
    }
  }

  private final Thread[] threads;
  private final Scratch[] scratches;
  private final AtomicReference<@Nullable Thread> caller = new AtomicReference<>();
  private volatile @Nullable Job job;
  private volatile boolean closed;

  /** Starts {@code threads - 1} threads. */
  Workers(int threads) {
    this.threads = new Thread[threads - 1];
    this.scratches = new Scratch[threads];
    for (int i = 0; i < threads; i++) {
      scratches[i] = new Scratch();
    }
    for (int i = 0; i < this.threads.length; i++) {
      int number = i;
      this.threads[i] =
          Thread.ofPlatform().daemon().name("vector-" + (i + 1)).unstarted(() -> serve(number));
    }
    for (Thread thread : this.threads) {
      thread.start();
    }
  }

  /**
   * Runs tasks 0 to {@code count - 1} and returns when all are done.
   *
   * @param work approximate number of operations of all tasks together
   * @throws IllegalStateException if another thread is running tasks: the working memory is shared
   */
  void run(int count, long work, Task task) {
    Thread me = Thread.currentThread();
    Thread other = caller.compareAndExchange(null, me);
    if (other != null) {
      throw new IllegalStateException(
          ("threads '%s' and '%s' compute on one device at once: open a scope (Memory.scope) around"
                  + " the work of each, so that they wait for each other")
              .formatted(me.getName(), other.getName()));
    }
    try {
      share(count, work, task);
    } finally {
      caller.set(null);
    }
  }

  private void share(int count, long work, Task task) {
    if (count == 1 || threads.length == 0 || work < WORTH_SHARING) {
      for (int i = 0; i < count; i++) {
        task.run(i, scratches[0]);
      }
      return;
    }
    Job mine = new Job(task, count);
    job = mine;
    for (int i = 0; i < Math.min(threads.length, count - 1); i++) {
      LockSupport.unpark(threads[i]);
    }
    mine.work(scratches[0]);
    for (int spins = 0; mine.done.get() < count; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        // The last task's thread may have lost its core to another process: yield ours to it.
        LockSupport.park(this);
      }
    }
    job = null;
    Throwable failure = mine.failure;
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }

  private void serve(int number) {
    Scratch scratch = scratches[number + 1];
    int spins = 0;
    while (!closed) {
      Job current = job;
      if (current != null && current.open()) {
        current.work(scratch);
        spins = 0;
      } else if (spins++ < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
        spins = 0;
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    for (Scratch scratch : scratches) {
      scratch.close();
    }
  }
}
