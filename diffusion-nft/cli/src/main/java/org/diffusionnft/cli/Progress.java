package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far a long task is: a bar on a terminal, now and then a line elsewhere, nothing if all is to
 * be quiet.
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
   * @param task what is done, in one or two words
   * @param done parts done before
   * @param all parts there are
   * @param unit parts of one unit that people count in: 1, or more to show progress inside a unit
   */
  static Progress start(
      PrintWriter err, String task, long done, long all, int unit, boolean quiet) {
    err.flush();
    ProgressBar bar = quiet || !TerminalError.isTerminal() ? null : bar(task, done, all, unit);
    return new Progress(err, task, done, all, unit, quiet, bar);
  }

  private static ProgressBar bar(String task, long done, long all, int unit) {
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(all)
        .setUnit("", unit)
        .startsFrom(done, Duration.ZERO)
        .setUpdateIntervalMillis(500)
        .setStyle(ProgressBarStyle.ASCII)
        .setConsumer(new Line())
        .build();
  }

  /** The line of the bar. Its terminal stays open: closed, it would take our signal handlers away. */
  private static final class Line extends ConsoleProgressBarConsumer {
    private Line() {
      super(System.err);
    }

    @Override
    public void close() {
      System.err.println();
    }
  }

  /** Shows how many parts are done, with a few words or numbers about them. */
  void to(long done, String message) {
    if (bar != null) {
      bar.setExtraMessage(" " + message);
      bar.stepTo(done);
      return;
    }
    long now = System.nanoTime();
    if (!quiet && (now - lastLine > pause || done == all)) {
      lastLine = now;
      pause = Math.min(2 * pause, LONGEST_PAUSE);
      double perPart = (now - started) / 1e9 / Math.max(1, done - first);
      String left = done >= all ? "took " + clock(now - started) : "left " + left(perPart, done);
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

  private String left(double perPart, long done) {
    return clock((long) (perPart * (all - done) * 1e9));
  }

  private static String separated(String message) {
    return message.isEmpty() ? "" : ", " + message;
  }

  /** Hours, minutes and seconds. */
  private static String clock(long nanos) {
    Duration d = Duration.ofNanos(nanos);
    return d.toHours() > 0
        ? String.format("%d:%02d:%02d", d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : String.format("%d:%02d", d.toMinutes(), d.toSecondsPart());
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
