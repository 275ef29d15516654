package org.diffusionnft.trainer.cli;

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
      boolean quiet,
      @Nullable ProgressBar bar) {
    this.err = err;
    this.task = task;
    this.first = first;
    this.all = all;
    this.quiet = quiet;
    this.bar = bar;
  }

  /**
   * Starts a display.
   *
   * @param task what is done, in one or two words
   * @param done units done before
   * @param all units there are
   */
  static Progress start(PrintWriter err, String task, long done, long all, boolean quiet) {
    err.flush();
    ProgressBar bar = quiet || !TerminalError.isTerminal() ? null : bar(task, done, all);
    return new Progress(err, task, done, all, quiet, bar);
  }

  private static ProgressBar bar(String task, long done, long all) {
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(all)
        .startsFrom(done, Duration.ZERO)
        .setUpdateIntervalMillis(500)
        .setStyle(ProgressBarStyle.ASCII)
        .setConsumer(new ConsoleProgressBarConsumer(System.err))
        .build();
  }

  /** Shows that so many units are done, with a few words or numbers on them. */
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
      double perUnit = (now - started) / 1e9 / Math.max(1, done - first);
      String left = done >= all ? "took " + clock(now - started) : "left " + left(perUnit, done);
      err.println(
          String.format(Locale.ROOT, "%s %d/%d, %s%s", task, done, all, left, separated(message)));
      err.flush();
    }
  }

  private String left(double perUnit, long done) {
    return clock((long) (perUnit * (all - done) * 1e9));
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
