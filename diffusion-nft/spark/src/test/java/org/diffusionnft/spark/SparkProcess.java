package org.diffusionnft.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.launcher.JavaModuleOptions;

/** A program of the jars that users get, in a process of its own. */
record SparkProcess(Process process, Path log) {
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  static final Path JAR = TARGET.resolve("dnft-spark.jar");
  private static final Path HOME = TARGET.resolve("home");
  private static final long LONGEST_MINUTES = 5;

  /** {@code dnft} itself. */
  static SparkProcess start(Path log, Object... args) throws IOException {
    return of(log, "org.diffusionnft.cli.Dnft", args);
  }

  /** A class of Spark's, or of ours. */
  static SparkProcess of(Path log, String main, Object... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
    command.addAll(List.of("-Xmx512m", "-XX:Tier3DelayOn=1000000", "-cp"));
    command.add(JAR + File.pathSeparator + HOME.resolve("jars") + "/*");
    command.add(main);
    for (Object arg : args) {
      command.add(arg.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("SPARK_HOME", HOME.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new SparkProcess(builder.start(), log);
  }

  /** The executors that it has started: of a local cluster they are its children. */
  List<ProcessHandle> executors() {
    return process.children().filter(ProcessHandle::isAlive).toList();
  }

  void succeeds() throws InterruptedException {
    assertEquals(0, exitCode(), this::said);
  }

  /** Ends it at once, as a crash would. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** What it has printed. */
  String said() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
    return process.exitValue();
  }
}
