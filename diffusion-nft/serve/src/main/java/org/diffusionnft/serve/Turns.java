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
 * Requests wait here for their turn: one picture uses all processors. So many may wait, and none
 * longer than the limit.
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

    /** Its client has gone. */
    void cancel() {
      cancelled = true;
    }

    /** How much is done, from 0 to 1. */
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
   * Starts to work.
   *
   * @param most requests that may wait
   * @param limit from when a request has come until it is done
   */
  Turns(PictureMaker maker, int most, Duration limit, Metrics metrics) {
    this.maker = maker;
    this.waiting = new ArrayBlockingQueue<>(most);
    this.limit = limit;
    this.metrics = metrics;
    worker.start();
  }

  /**
   * Lines up a request.
   *
   * @throws BadRequestException of status 429 if too many wait, of 503 if the server ends
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

  /** Requests that wait or are being followed. */
  int length() {
    return waiting.size() + (current == null ? 0 : 1);
  }

  /** Seconds after which a client that was refused may try again. */
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
        return; // closed for good
      }
    }
  }

  /** Whatever goes wrong is the answer to this request; the next one has its turn all the same. */
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

  /** Finishes what has been taken in, and takes in no more. */
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
