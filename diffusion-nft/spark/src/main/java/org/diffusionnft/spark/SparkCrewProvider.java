package org.diffusionnft.spark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.diffusionnft.trainer.run.CrewConnection;
import org.diffusionnft.trainer.run.CrewProvider;
import org.diffusionnft.trainer.run.CrewRequest;

/** Connects to Apache Spark. */
public final class SparkCrewProvider implements CrewProvider {
  private static final int ANSWER_MILLIS = 5000;

  @Override
  public CrewConnection connect(CrewRequest request) throws IOException {
    SparkConf conf = Settings.of(request);
    Duration patience = Settings.patience(conf); // fails before anything starts
    requireAnswer(request.master());
    JavaSparkContext spark;
    try {
      spark = new JavaSparkContext(conf);
    } catch (Exception e) { // Scala's checked exceptions are not declared
      throw new IOException(
          "Spark cannot start with master %s: %s".formatted(request.master(), e.getMessage()), e);
    }
    boolean connected = false;
    try {
      Ledger ledger = new Ledger();
      spark.sc().addSparkListener(ledger);
      if (!Settings.isLocal(request.master())) {
        awaitExecutor(spark, conf, request.master(), patience);
      }
      connected = true;
      return new SparkConnection(spark, ledger, request);
    } finally {
      if (!connected) {
        spark.stop();
      }
    }
  }

  /** Otherwise Spark would try for a minute, and then fail with a stack trace. */
  private static void requireAnswer(String master) throws IOException {
    if (!master.startsWith("spark://")) {
      return;
    }
    IOException last = null;
    for (String address : master.substring("spark://".length()).split(",")) {
      URI uri = URI.create("spark://" + address);
      if (uri.getHost() == null || uri.getPort() < 0) {
        throw new IOException(
            "'%s' is no master of Spark: give spark://HOST:PORT".formatted(master));
      }
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), ANSWER_MILLIS);
        return;
      } catch (IOException e) {
        last = e;
      }
    }
    throw new IOException(
        "no Spark master answers at %s: %s; start it, or give another --spark-master"
            .formatted(master, last == null ? "no address" : last.getMessage()),
        last);
  }

  private static void awaitExecutor(
      JavaSparkContext spark, SparkConf conf, String master, Duration patience) throws IOException {
    long until = System.nanoTime() + patience.toNanos();
    // The driver is among the executors listed.
    while (spark.statusTracker().getExecutorInfos().length < 2) {
      if (System.nanoTime() > until) {
        throw new IOException(
            ("no executor came from %s within %d s: it has none with %s free cores and %s of memory"
                    + " (spark.executor.cores, spark.executor.memory), or is slow (%s)")
                .formatted(
                    master,
                    patience.toSeconds(),
                    conf.get(Settings.TASK_CORES),
                    conf.get("spark.executor.memory", "1g"),
                    Settings.PATIENCE));
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for executors", e);
      }
    }
  }
}
