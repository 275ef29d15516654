package org.diffusionnft.serve;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.diffusionnft.pipeline.PictureListener;
import org.jspecify.annotations.Nullable;

/**
 * A queue of requests, which run one at a time, since one picture uses all processors. The number
 * of waiting requests and the time of each are limited.
 */
final class Turns implements AutoCloseable {
  private static final long LOOK_MILLIS = 100;
  private static final long FIRST_GUESS_MILLIS = 1000;

  private final PictureMaker maker;
  private final BlockingQueue<Turn> waiting;
  private final Duration limit;
  private final Metrics metrics;
  private final Thread worker = new Thread(this::work, "pictures");
  private volatile boolean closing;
  private volatile @Nullable Turn current;
  private volatile double millisAPicture = FIRST_GUESS_MILLIS;

  /** One request. */
  static final class Turn {
    final Generation wanted;
    final CompletableFuture<List<byte[]>> pictures = new CompletableFuture<>();
    private final long deadline;
    private volatile boolean cancelled;
    private volatile double progress;

    private Turn(Generation wanted, Duration limit) {
      this.wanted = wanted;
      this.deadline = System.nanoTime() + limit.toNanos();
    }

    /** Cancels the request, whose client has disconnected. */
    void cancel() {
      cancelled = true;
    }

    /** The progress, from 0 to 1. */
    double progress() {
      return progress;
    }

    private void requireWanted(Duration limit) {
      if (cancelled) {
        throw new BadRequestException(499, null, "the client has gone");
      }
      if (System.nanoTime() > deadline) {
        throw new BadRequestException(
            504, null, "not done within %d s, the limit here".formatted(limit.toSeconds()));
      }
    }
  }

  /**
   * Starts the worker.
   *
   * @param most maximum number of waiting requests
   * @param limit time from a request's arrival until it is done
   */
  Turns(PictureMaker maker, int most, Duration limit, Metrics metrics) {
    this.maker = maker;
    this.waiting = new ArrayBlockingQueue<>(most);
    this.limit = limit;
    this.metrics = metrics;
    worker.start();
  }

  /**
   * Queues a request.
   *
   * @throws BadRequestException of status 429 if too many are waiting, of 503 if the server is
   *     shutting down
   */
  Turn submit(Generation wanted) {
    if (closing) {
      throw new BadRequestException(503, null, "the server is being stopped");
    }
    Turn turn = new Turn(wanted, limit);
    if (!waiting.offer(turn)) {
      metrics.refused();
      throw new BadRequestException(
          429, null, "%d requests are waiting, as many as may".formatted(waiting.size()));
    }
    return turn;
  }

  /** The number of waiting and running requests. */
  int length() {
    return waiting.size() + (current == null ? 0 : 1);
  }

  /** Seconds after which a rejected client may retry. */
  long secondsToWait() {
    return Math.max(1, Math.round(waiting.size() * millisAPicture / 2000));
  }

  private void work() {
    while (!closing || !waiting.isEmpty()) {
      try {
        Turn turn = waiting.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (turn != null) {
          current = turn;
          follow(turn);
          current = null;
        }
      } catch (InterruptedException e) {
        return; // shut down
      }
    }
  }

  /** A failure is the answer to this request only; the next one runs regardless. */
  private void follow(Turn turn) {
    long begin = System.nanoTime();
    try {
      turn.requireWanted(limit);
      List<byte[]> pictures =
          maker.make(
              turn.wanted,
              new PictureListener() {
                @Override
                public void evaluated(long done, long all) {
                  turn.progress = (double) done / all;
                  turn.requireWanted(limit);
                }
              });
      double seconds = (System.nanoTime() - begin) / 1e9;
      millisAPicture = 1000 * seconds;
      metrics.made(pictures.size(), seconds);
      turn.pictures.complete(pictures);
    } catch (IOException | RuntimeException | Error e) {
      turn.pictures.completeExceptionally(e);
    }
  }

  /** Finishes the accepted requests and accepts no more. */
  void drain() throws InterruptedException {
    closing = true;
    worker.join(limit);
  }

  @Override
  public void close() {
    closing = true;
    worker.interrupt();
    Turn running = current;
    if (running != null) {
      running.cancel();
    }
    try {
      worker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
