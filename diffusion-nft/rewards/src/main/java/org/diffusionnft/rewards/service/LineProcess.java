package org.diffusionnft.rewards.service;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A program that answers each line with a line. */
final class LineProcess implements AutoCloseable {
  private static final int LONGEST_ANSWER = 16 << 20;
  private static final int LONGEST_COMPLAINT = 1000;
  private static final int COMPLAINTS = 5;

  private final Process process;
  private final BufferedWriter input;
  private final LineQueue output = new LineQueue(LONGEST_ANSWER, false);
  private final LineQueue complaints = new LineQueue(LONGEST_COMPLAINT, true);

  private LineProcess(Process process) {
    this.process = process;
    this.input = process.outputWriter(StandardCharsets.UTF_8);
    output.fill(process.getInputStream());
    complaints.fill(process.getErrorStream());
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

  /** Waits for the program's end; returns whether it ended in time. */
  boolean endsWithin(Duration time) throws InterruptedException {
    return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Writes a line and waits for the answer.
   *
   * @throws ServiceFailure if the program ends, does not answer in time, or wrote something before
   *     the question
   */
  String ask(String line, Duration timeout) throws ServiceFailure, InterruptedException {
    refuseUnasked(Duration.ZERO);
    try {
      input.write(line);
      input.write('\n');
      input.flush();
    } catch (IOException e) {
      throw ended();
    }
    Optional<String> answer = output.next(timeout);
    if (answer.isPresent()) {
      return answer.get();
    }
    throw output.isAtEnd()
        ? ended()
        : ServiceFailure.passing("no answer within " + timeout.toMillis() / 1000.0 + " s");
  }

  /**
   * Checks that there is no unsolicited answer, which would shift the scores of all later pictures.
   *
   * @param time how long to wait for one
   * @throws ServiceFailure if there is one
   */
  void refuseUnasked(Duration time) throws ServiceFailure, InterruptedException {
    Optional<String> unasked = output.next(time);
    if (unasked.isPresent()) {
      throw ServiceFailure.lasting(
          "the program wrote a line that answers no question, '"
              + Questions.shown(unasked.get())
              + "': it must write one line for each, and what else it has to say to its error"
              + " stream");
    }
  }

  /** The program's end as a failure: its exit code and its last error output. */
  ServiceFailure ended() throws InterruptedException {
    String code =
        process.waitFor(1, TimeUnit.SECONDS) ? " with exit code " + process.exitValue() : "";
    Duration patience = Duration.ofMillis(100); // its last output arrives after the end
    String said = Questions.shown(String.join(" / ", complaints.newest(COMPLAINTS, patience)));
    return ServiceFailure.passing(
        "the program ended" + code + (said.isEmpty() ? "" : " and said '" + said + "'"));
  }

  @Override
  public void close() {
    output.abandon();
    complaints.abandon();
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
