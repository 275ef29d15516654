package org.diffusionnft.rewards.service;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A program that answers lines with lines. */
final class LineProcess implements AutoCloseable {
  /** Stands for the end of the program's output: no line can contain a line break. */
  private static final String END = "\n";

  private static final int KEPT = 5;

  private final Process process;
  private final BufferedWriter input;
  private final BlockingQueue<String> output = new LinkedBlockingQueue<>();
  private final Deque<String> complaints = new ArrayDeque<>();

  private LineProcess(Process process) {
    this.process = process;
    this.input = process.outputWriter(StandardCharsets.UTF_8);
    Thread.ofVirtual().start(() -> pump(process.inputReader(StandardCharsets.UTF_8), output::add));
    Thread.ofVirtual()
        .start(() -> pump(process.errorReader(StandardCharsets.UTF_8), this::complain));
  }

  /** Starts a command of the system's shell. */
  static LineProcess start(String command) throws IOException {
    boolean windows = System.getProperty("os.name", "").startsWith("Windows");
    return new LineProcess(
        (windows
                ? new ProcessBuilder("cmd", "/c", command)
                : new ProcessBuilder("/bin/sh", "-c", "exec " + command))
            .start());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Writes a line and waits for the answer.
   *
   * @throws ServiceFailure if the program ends or does not answer in time
   */
  String ask(String line, Duration timeout) throws ServiceFailure, InterruptedException {
    try {
      input.write(line);
      input.write('\n');
      input.flush();
    } catch (IOException e) {
      throw ended();
    }
    String answer = output.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
    if (answer == null) {
      throw ServiceFailure.passing("no answer within " + timeout.toMillis() / 1000.0 + " s");
    }
    if (answer.equals(END)) {
      throw ended();
    }
    return answer;
  }

  private ServiceFailure ended() throws InterruptedException {
    String code =
        process.waitFor(1, TimeUnit.SECONDS) ? " with exit code " + process.exitValue() : "";
    synchronized (complaints) {
      String said = Questions.shown(String.join(" / ", complaints));
      return ServiceFailure.passing(
          "the program ended" + code + (said.isEmpty() ? "" : " and said '" + said + "'"));
    }
  }

  private static void pump(BufferedReader reader, java.util.function.Consumer<String> to) {
    try (reader) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        to.accept(line);
      }
    } catch (IOException _) {
      // the program is gone
    }
    to.accept(END);
  }

  private void complain(String line) {
    synchronized (complaints) {
      if (!line.equals(END)) {
        complaints.add(line);
      }
      if (complaints.size() > KEPT) {
        complaints.remove();
      }
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    try {
      if (!process.waitFor(2, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
