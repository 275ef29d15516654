package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a long task: a bar on a terminal, an occasional line elsewhere, nothing with
 * {@code --quiet}.
 */
final class Progress implements AutoCloseable {
  private static final long FIRST_LINE = Duration.ofSeconds(5).toNanos();
  private static final long LONGEST_PAUSE = Duration.ofSeconds(60).toNanos();

  private final PrintWriter err;
  private final String task;
  private final long first;
  private final long all;
  private final int unit;
  private final boolean quiet;
  private final @Nullable ProgressBar bar;
  private final long started = System.nanoTime();
  private long lastLine = started;
  private long pause = FIRST_LINE;

  private Progress(
      PrintWriter err,
      String task,
      long first,
      long all,
      int unit,
      boolean quiet,
      @Nullable ProgressBar bar) {
    this.err = err;
    this.task = task;
    this.first = first;
    this.all = all;
    this.unit = unit;
    this.quiet = quiet;
    this.bar = bar;
  }

  /**
   * Starts a display.
   *
   * @param task its name, in one or two words
   * @param done parts already done
   * @param all total number of parts
   * @param unit parts per displayed unit: 1, or more to show progress within a unit
   */
  static Progress start(
      PrintWriter err, String task, long done, long all, int unit, boolean quiet) {
    err.flush();
    ProgressBar bar = quiet || !TerminalError.isTerminal() ? null : bar(task, done, all, unit);
    return new Progress(err, task, done, all, unit, quiet, bar);
  }

  private static ProgressBar bar(String task, long done, long all, int unit) {
    ProgressLine line = new ProgressLine(unit);
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(all)
        .startsFrom(done, Duration.ZERO)
        .setUpdateIntervalMillis(500)
        .setRenderer(line)
        .setConsumer(line)
        .build();
  }

  /** Shows the number of parts done, with a short message. */
  void to(long done, String message) {
    if (bar != null) {
      bar.setExtraMessage(message);
      bar.stepTo(done);
      return;
    }
    long now = System.nanoTime();
    if (!quiet && (now - lastLine > pause || done == all)) {
      lastLine = now;
      pause = Math.min(2 * pause, LONGEST_PAUSE);
      double perPart = (now - started) / 1e9 / Math.max(1, done - first);
      String left =
          done >= all
              ? "took " + ProgressLine.clock((now - started) / 1e9)
              : "left " + ProgressLine.clock(perPart * (all - done));
      err.println(
          String.format(
              Locale.ROOT,
              "%s %d/%d, %s%s",
              task,
              done / unit,
              all / unit,
              left,
              separated(message)));
      err.flush();
    }
  }

  private static String separated(String message) {
    return message.isEmpty() ? "" : ", " + message;
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
