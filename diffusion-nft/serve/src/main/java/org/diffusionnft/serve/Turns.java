package org.diffusionnft.serve;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.diffusionnft.pipeline.PictureListener;

/**
 * A queue of requests. They run one after the other, since a picture uses all processors; those
 * that {@link Generation#goesWith go together} run as one batch. The number of waiting requests and
 * the time of each are limited.
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
  private volatile boolean abandoned;
  private volatile List<Turn> current = List.of();
  private volatile double millisARequest = FIRST_GUESS_MILLIS;

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

    /** Whether it is answered: with its pictures, or since nobody waits for it any longer. */
    private boolean isAnswered(Duration limit) {
      if (cancelled) {
        pictures.completeExceptionally(new BadRequestException(499, null, "the client has gone"));
      } else if (System.nanoTime() > deadline) {
        pictures.completeExceptionally(
            new BadRequestException(
                504, null, "not done within %d s, the limit here".formatted(limit.toSeconds())));
      }
      return pictures.isDone();
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
      throw stopping();
    }
    Turn turn = new Turn(wanted, limit);
    if (!waiting.offer(turn)) {
      metrics.refused();
      throw new BadRequestException(
          429, null, "%d requests are waiting, as many as may".formatted(waiting.size()));
    }
    if (!worker.isAlive() && waiting.remove(turn)) { // it ended in the meantime
      throw stopping();
    }
    return turn;
  }

  /** The number of waiting and running requests. */
  int length() {
    return waiting.size() + current.size();
  }

  /** Seconds after which a rejected client may retry. */
  long secondsToWait() {
    return Math.max(1, Math.round(waiting.size() * millisARequest / 2000));
  }

  private void work() {
    while (!abandoned && (!closing || !waiting.isEmpty())) {
      try {
        Turn turn = waiting.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (turn != null) {
          current = withOthers(turn);
          follow(current);
          current = List.of();
        }
      } catch (InterruptedException e) {
        return; // shut down
      }
    }
  }

  /** A request, with waiting ones that fit into its batch. */
  private List<Turn> withOthers(Turn first) {
    List<Turn> turns = new ArrayList<>(List.of(first));
    int count = first.wanted.count();
    for (Turn other : waiting) {
      int more = other.wanted.count();
      if (count + more <= maker.mostTogether()
          && other.wanted.goesWith(first.wanted)
          && waiting.remove(other)) {
        turns.add(other);
        count += more;
      }
    }
    return List.copyOf(turns);
  }

  /** A failure is the answer to its own request only: those of its batch run again, alone. */
  private void follow(List<Turn> turns) {
    if (abandoned) {
      turns.forEach(turn -> turn.pictures.completeExceptionally(stopping()));
      return;
    }
    List<Turn> open = turns.stream().filter(turn -> !turn.isAnswered(limit)).toList();
    if (open.isEmpty()) {
      return;
    }
    long begin = System.nanoTime();
    try {
      List<List<byte[]>> made =
          maker.make(open.stream().map(turn -> turn.wanted).toList(), listener(open));
      double seconds = (System.nanoTime() - begin) / 1e9;
      millisARequest = 1000 * seconds / open.size();
      metrics.made(made.stream().mapToInt(List::size).sum(), seconds);
      for (int i = 0; i < open.size(); i++) {
        open.get(i).pictures.complete(made.get(i));
      }
    } catch (IOException | RuntimeException | Error e) {
      if (open.size() == 1) {
        open.getFirst().pictures.completeExceptionally(e);
      } else {
        open.forEach(turn -> follow(List.of(turn)));
      }
    }
  }

  private PictureListener listener(List<Turn> turns) {
    return new PictureListener() {
      @Override
      public void evaluated(long done, long all) {
        if (abandoned) {
          throw stopping();
        }
        turns.forEach(turn -> turn.progress = (double) done / all);
        // Each is asked, as this also answers those that nobody waits for.
        if (turns.stream().filter(turn -> turn.isAnswered(limit)).count() == turns.size()) {
          throw new CancellationException("nobody waits for these pictures any longer");
        }
      }
    };
  }

  /** Finishes the accepted requests and accepts no more. */
  void drain() throws InterruptedException {
    closing = true;
    worker.join(limit);
  }

  /** Ends as soon as possible: no request gets its pictures any longer, each gets an answer. */
  @Override
  public void close() {
    closing = true;
    abandoned = true;
    worker.interrupt();
    try {
      worker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Turn turn = waiting.poll(); turn != null; turn = waiting.poll()) {
      turn.pictures.completeExceptionally(stopping());
    }
  }

  private static BadRequestException stopping() {
    return new BadRequestException(503, null, "the server is being stopped");
  }
}
