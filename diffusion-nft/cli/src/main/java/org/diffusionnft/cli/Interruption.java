package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.StoppedException;
import org.jline.utils.Signals;

/**
 * Handles Ctrl-C, {@code kill} and a closed terminal during work that can save its state. The first
 * signal asks the work to stop; the second ends the process at once.
 */
final class Interruption implements Stop {
  /** Signals and their exit codes in shells. */
  private static final Map<String, Integer> CODES = Map.of("INT", 130, "TERM", 143, "HUP", 129);

  private final PrintWriter err;
  private final String meanwhile;
  private final AtomicInteger exitCode = new AtomicInteger();

  private Interruption(PrintWriter err, String meanwhile) {
    this.err = err;
    this.meanwhile = meanwhile;
  }

  /** Interruptible work. */
  @FunctionalInterface
  interface Work {
    /** Does the work, and checks now and then whether it should stop. */
    void run(Stop stop) throws IOException, InterruptedException;
  }

  /**
   * Does work that may be stopped.
   *
   * @param command that resumes the work
   * @return the exit code: 0, or that of the signal that stopped it
   */
  static int during(PrintWriter err, String command, Work work)
      throws IOException, InterruptedException {
    Interruption interruption = new Interruption(err, "what is done is being saved");
    try (Registration _ = interruption.listen()) {
      work.run(interruption);
      return 0;
    } catch (StoppedException e) {
      err.println("stopped, and what was done is saved: go on with '" + command + "'");
      err.flush();
      return interruption.exitCode.get();
    }
  }

  /**
   * Serves until a stop is requested; {@code work} then finishes the requests that it has accepted.
   */
  static void serving(PrintWriter err, Work work) throws IOException, InterruptedException {
    Interruption interruption = new Interruption(err, "what was asked for is being finished");
    try (Registration _ = interruption.listen()) {
      work.run(interruption);
    }
  }

  /** Signal handlers of ours, in place of those before. */
  private record Registration(Map<String, Object> before) implements AutoCloseable {
    @Override
    public void close() {
      before.forEach(Signals::unregister);
    }
  }

  private Registration listen() {
    if (TerminalError.isTerminal()) {
      // The progress bar's library installs its own signal handlers when it first asks for the
      // terminal's width. This triggers that before ours are installed, or it would take Ctrl-C
      // from us.
      new ConsoleProgressBarConsumer(System.err).getMaxRenderedLength();
    }
    Map<String, Object> before = new LinkedHashMap<>();
    CODES.forEach(
        (signal, code) -> {
          Object handler = Signals.register(signal, () -> received(code));
          if (handler != null) { // null: the JVM was told not to handle it
            before.put(signal, handler);
          }
        });
    return new Registration(before);
  }

  private void received(int code) {
    if (!exitCode.compareAndSet(0, code)) {
      Runtime.getRuntime().halt(code);
    }
    err.println("stopping: " + meanwhile + "; once more ends at once");
    err.flush();
  }

  @Override
  public boolean isAsked() {
    return exitCode.get() != 0;
  }
}
