package org.diffusionnft.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.diffusionnft.trainer.Courier;
import org.diffusionnft.trainer.CrewMember;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.StoppedException;
import org.jspecify.annotations.Nullable;

/**
 * Runs orders as tasks of plain stages, which Spark retries elsewhere when an executor is lost.
 * Shared data is broadcast once per version, and dropped when it is no longer listed. A stock is a
 * persisted RDD: executors send its parts to each other, and recompute lost ones.
 */
final class SparkCourier implements Courier {
  private static final long POLL_MILLIS = 100;
  private static final long LISTENING_MILLIS = 2000;

  private final JavaSparkContext spark;
  private final Ledger ledger;
  private final Broadcast<byte[]> setup;
  private final Map<String, Handle> broadcasts = new HashMap<>();

  SparkCourier(JavaSparkContext spark, Ledger ledger, Setup setup) {
    this.spark = spark;
    this.ledger = ledger;
    this.setup = spark.broadcast(setup.toBytes());
  }

  private record Parts(JavaRDD<byte[]> made) implements Stock {
    @Override
    public void close() {
      made.unpersist(false);
    }
  }

  @Override
  public Stock stock(List<? extends Shared> shared, List<byte[]> parts) {
    JavaRDD<byte[]> made =
        spark.parallelize(parts, parts.size()).map(new Making(setup, handles(shared)));
    return new Parts(made.persist(StorageLevel.MEMORY_AND_DISK()));
  }

  @Override
  public List<byte[]> run(
      String stage,
      List<? extends Shared> shared,
      @Nullable Stock stock,
      List<Order> orders,
      IntConsumer done,
      Stop stop) {
    try {
      spark.sc().setJobDescription(stage);
      ledger.begin();
      Errand errand = new Errand(setup, handles(shared));
      List<byte[]> asked = orders.stream().map(Order::bytes).toList();
      JavaRDD<byte[]> tasks = spark.parallelize(asked, asked.size());
      JavaRDD<byte[]> answers =
          stock == null
              ? tasks.map(errand)
              : tasks.zipPartitions(Selection.of(((Parts) stock).made, orders), errand);
      return await(answers.collectAsync(), orders.size(), done, stop);
    } catch (IllegalStateException e) {
      throw new OrderLostException(-1, "Spark has stopped: " + firstLine(e.getMessage()), e);
    }
  }

  private List<Handle> handles(List<? extends Shared> shared) {
    List<Handle> handles = new ArrayList<>();
    for (Shared one : shared) {
      Handle known = broadcasts.get(one.name());
      if (known == null || !known.version().equals(one.version())) {
        if (known != null) {
          known.value().destroy();
        }
        known = new Handle(one.name(), one.version(), spark.broadcast(one.bytes()));
        broadcasts.put(one.name(), known);
      }
      handles.add(known);
    }
    return handles;
  }

  private List<byte[]> await(
      JavaFutureAction<List<byte[]>> answers, int orders, IntConsumer done, Stop stop) {
    try {
      while (true) {
        try {
          List<byte[]> all = answers.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
          done.accept(orders);
          return all;
        } catch (TimeoutException _) {
          stop.check();
          int now = Math.min(ledger.done(), orders);
          if (now > 0) {
            done.accept(now);
          }
        }
      }
    } catch (StoppedException e) {
      answers.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      throw lost(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      answers.cancel(true);
      Thread.currentThread().interrupt();
      throw new OrderLostException(-1, "interrupted while waiting for the cluster", e);
    }
  }

  /** Reduces the stack traces of all tries to one sentence. */
  private OrderLostException lost(Throwable cause) {
    try {
      spark.sc().listenerBus().waitUntilEmpty(LISTENING_MILLIS);
    } catch (TimeoutException _) {
      // then use what has been recorded so far
    }
    Ledger.Failure failure = ledger.lastFailure();
    if (failure == null) {
      return new OrderLostException(-1, firstLine(cause.getMessage()), cause);
    }
    String reason = failure.reason();
    String what =
        reason.contains("UnsupportedClassVersionError")
            ? "its Java is too old: executors need Java 25, as this process has"
            : reason.contains("OutOfMemoryError")
                ? "it has too little memory: raise spark.executor.memory"
                : firstLine(reason);
    return new OrderLostException(
        failure.order(),
        "it was given up after all tries, the last by executor " + failure.where() + ": " + what,
        cause);
  }

  private static String firstLine(@Nullable String text) {
    return String.valueOf(text).lines().findFirst().orElse("no reason was given").strip();
  }

  @Override
  public List<CrewMember> members() {
    return ledger.members();
  }

  @Override
  public String words() {
    return ledger.words();
  }

  @Override
  public void close() {
    broadcasts.values().forEach(handle -> handle.value().destroy());
    broadcasts.clear();
  }
}
