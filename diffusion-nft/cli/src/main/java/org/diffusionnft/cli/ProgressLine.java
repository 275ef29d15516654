package org.diffusionnft.cli;

import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * A progress bar on one line of a terminal, of any width: {@code training 12/60 [====> ] 1:10 left,
 * reward 0.512}.
 */
final class ProgressLine extends ConsoleProgressBarConsumer implements ProgressBarRenderer {
  private static final int LONGEST_BAR = 40;
  private static final int SHORTEST_BAR = 20;

  private final int unit;
  private boolean closed;

  /**
   * Creates a line.
   *
   * @param unit parts per displayed unit
   */
  ProgressLine(int unit) {
    super(System.err); // it knows the terminal's width
    this.unit = unit;
  }

  @Override
  public String render(ProgressState state, int width) {
    long done = state.getCurrent();
    long all = state.getMax();
    double seconds = state.getElapsedAfterStart().toNanos() / 1e9;
    long since = done - state.getStart();
    String time =
        done >= all
            ? "took " + clock(seconds)
            : since > 0 ? clock(seconds / since * (all - done)) + " left" : "";
    String words = state.getExtraMessage();
    return line(state.getTaskName(), done, all, join(time, words), width);
  }

  /** The line, cut off at the end if too long; the bar takes the remaining width. */
  String line(String task, long done, long all, String words, int width) {
    String counted = String.format(Locale.ROOT, "%s %d/%d ", task, done / unit, all / unit);
    int room = width - counted.length() - words.length() - 3; // brackets and a trailing space
    int bar = Math.min(LONGEST_BAR, Math.max(SHORTEST_BAR, room));
    int full = all == 0 ? bar : (int) (bar * done / all);
    String head = full < bar ? ">" : "";
    String line =
        counted
            + "["
            + "=".repeat(full)
            + head
            + " ".repeat(bar - full - head.length())
            + "] "
            + words;
    return line.length() <= width ? line : line.substring(0, Math.max(0, width - 1)) + "…";
  }

  private static String join(String first, String second) {
    return first.isEmpty() || second.isEmpty() ? first + second : first + ", " + second;
  }

  /** Hours, minutes and seconds. */
  static String clock(double seconds) {
    Duration d = Duration.ofSeconds(Math.round(seconds));
    return d.toHours() > 0
        ? String.format("%d:%02d:%02d", d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : String.format("%d:%02d", d.toMinutes(), d.toSecondsPart());
  }

  @Override
  public synchronized void accept(String line) {
    if (!closed) { // the library's timer may fire once more
      TerminalError.showProgress(line);
    }
  }

  /** Keeps the library's terminal open: closing it would remove our signal handlers. */
  @Override
  public synchronized void close() {
    closed = true;
    TerminalError.keepProgress();
  }
}
