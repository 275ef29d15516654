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
 * Ctrl-C, {@code kill} and a terminal that is closed, while something runs that can save what it
 * has done. The first time it is asked to, the second time the process ends at once.
 */
final class Interruption implements Stop {
  /** Signals, and the exit codes that shells give them. */
  private static final Map<String, Integer> CODES = Map.of("INT", 130, "TERM", 143, "HUP", 129);

  private final PrintWriter err;
  private final String meanwhile;
  private final AtomicInteger exitCode = new AtomicInteger();

  private Interruption(PrintWriter err, String meanwhile) {
    this.err = err;
    this.meanwhile = meanwhile;
  }

  /** What runs. */
  @FunctionalInterface
  interface Work {
    /** Does it, and looks now and then whether it is to stop. */
    void run(Stop stop) throws IOException, InterruptedException;
  }

  /**
   * Does something that may be stopped.
   *
   * @param command that goes on with it
   * @return the exit code: 0, or that of the signal that stopped it
   */
  static int during(PrintWriter err, String command, Work work)
      throws IOException, InterruptedException {
    Interruption interruption = new Interruption(err, "what is done is being saved");
    try {
      interruption.run(work);
      return 0;
    } catch (StoppedException e) {
      err.println("stopped, and what was done is saved: go on with '" + command + "'");
      err.flush();
      return interruption.exitCode.get();
    }
  }

  /** Serves until it is asked to stop; {@code work} then finishes what it has taken in. */
  static void serving(PrintWriter err, Work work) throws IOException, InterruptedException {
    new Interruption(err, "what was asked for is being finished").run(work);
  }

  private void run(Work work) throws IOException, InterruptedException {
    Map<String, Object> before = listen();
    try {
      work.run(this);
    } finally {
      before.forEach(Signals::unregister);
    }
  }

  private Map<String, Object> listen() {
    if (TerminalError.isTerminal()) {
      // The progress bar's library takes the terminal's signals for itself when it first asks how
      // wide that is: it does so before us, or Ctrl-C would be its again.
      new ConsoleProgressBarConsumer(System.err).getMaxRenderedLength();
    }
    Map<String, Object> before = new LinkedHashMap<>();
    CODES.forEach(
        (signal, code) -> {
          Object handler = Signals.register(signal, () -> received(code));
          if (handler != null) { // else it is not ours to handle: the JVM was told to leave it
            before.put(signal, handler);
          }
        });
    return before;
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
