package org.diffusionnft.spark;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.run.CrewRequest;
import org.jspecify.annotations.Nullable;

/** Spark's settings for a run, as defaults for those that the user has not set. */
final class Settings {
  static final String MASTER = "spark.master";
  static final String TASK_CORES = "spark.task.cpus";
  private static final String CORES = "spark.executor.cores";
  private static final String JARS = "spark.jars";

  /** Spark's own setting for how long it waits for executors. */
  static final String PATIENCE = "spark.scheduler.maxRegisteredResourcesWaitingTime";

  /**
   * The launcher's flags: kernels are compiled early, skipping the compiler without vector support.
   */
  private static final String JAVA_FLAGS =
      "--add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED"
          + " -Djava.awt.headless=true -XX:CompileCommand=quiet"
          + " -XX:CompileCommand=CompileThresholdScaling,org.diffusionnft.kernels.*::*,0.05"
          + " -XX:Tier3DelayOn=1000000";

  private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\d+|\\*)(?:\\s*,.*)?])?");
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*\\d+\\s*,\\s*(\\d+)\\s*,\\s*\\d+\\s*]");
  private static final List<String> OTHERS = List.of("yarn", "k8s://", "spark://");

  private Settings() {}

  /**
   * The Spark configuration of a run.
   *
   * @throws InvalidInputException if the master is not a valid URL, or cores are missing
   */
  static SparkConf of(CrewRequest request) {
    SparkConf conf = new SparkConf();
    request.settings().forEach(conf::set);
    conf.set(MASTER, request.master());
    conf.setIfMissing("spark.app.name", request.name());
    int cores = cores(conf, request);
    conf.set(CORES, Integer.toString(cores));
    // One order at a time per process: its device uses all threads for it.
    conf.set(TASK_CORES, Integer.toString(cores));
    String flags = conf.get("spark.executor.extraJavaOptions", "");
    String compilers = cores < 4 ? " -XX:CICompilerCount=4" : "";
    conf.set("spark.executor.extraJavaOptions", (JAVA_FLAGS + compilers + " " + flags).strip());
    conf.setIfMissing("spark.ui.enabled", "false");
    conf.setIfMissing("spark.locality.wait", "0");
    // A gradient is returned with its task's result, not in a second round of messages.
    conf.setIfMissing("spark.task.maxDirectResultSize", "64m");
    conf.setIfMissing("spark.driver.maxResultSize", "0");
    conf.setIfMissing("spark.rpc.message.maxSize", "512");
    // Adapter weights hardly compress.
    conf.setIfMissing("spark.broadcast.compress", "false");
    Path jar = jar();
    String jars = conf.get(JARS, "");
    if (jar != null && !jars.contains(String.valueOf(jar.getFileName()))) {
      conf.set(JARS, jar.toUri() + (jars.isEmpty() ? "" : "," + jars));
    }
    return conf;
  }

  /** Whether tasks run in this process. */
  static boolean isLocal(String master) {
    return LOCAL.matcher(master).matches();
  }

  private static int cores(SparkConf conf, CrewRequest request) {
    String master = request.master();
    Matcher local = LOCAL.matcher(master);
    if (local.matches()) {
      String threads = local.group(1);
      return threads == null
          ? 1
          : threads.equals("*")
              ? Runtime.getRuntime().availableProcessors()
              : positive(threads, master);
    }
    Matcher localCluster = LOCAL_CLUSTER.matcher(master);
    if (localCluster.matches()) {
      return positive(localCluster.group(1), master);
    }
    if (OTHERS.stream().noneMatch(master::startsWith)) {
      throw new InvalidInputException(
          ("'%s' is no master of Spark: give spark://HOST:PORT, yarn, k8s://URL, local[N] or"
                  + " local-cluster[EXECUTORS,CORES,MIB]")
              .formatted(master));
    }
    if (conf.contains(CORES)) {
      return positive(conf.get(CORES), CORES);
    }
    OptionalInt threads = request.threads();
    if (threads.isEmpty() && master.startsWith("spark://")) {
      throw new InvalidInputException(
          "say how many cores an executor of "
              + master
              + " has: with --threads N or --spark-conf spark.executor.cores=N");
    }
    return threads.orElse(1);
  }

  /**
   * How long to wait for the first executor.
   *
   * @throws InvalidInputException if the user's setting is not a duration
   */
  static Duration patience(SparkConf conf) {
    try {
      return Duration.ofSeconds(conf.getTimeAsSeconds(PATIENCE, "60s"));
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "%s must be a time such as 90s or 5min, not '%s'"
              .formatted(PATIENCE, conf.get(PATIENCE, "")),
          e);
    }
  }

  private static int positive(String number, String where) {
    try {
      int value = Integer.parseInt(number);
      if (value >= 1) {
        return value;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new InvalidInputException(
        "%s: cores must be a number of at least 1, not '%s'".formatted(where, number));
  }

  /** Our jar, with all dependencies except Spark; null if classes are in folders. */
  static @Nullable Path jar() {
    CodeSource source = Settings.class.getProtectionDomain().getCodeSource();
    if (source == null) {
      return null;
    }
    try {
      Path path = Path.of(source.getLocation().toURI());
      return Files.isRegularFile(path) ? path : null;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
