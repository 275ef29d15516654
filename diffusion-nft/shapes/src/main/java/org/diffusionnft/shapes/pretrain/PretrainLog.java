package org.diffusionnft.shapes.pretrain;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.weights.io.AtomicFile;

/** The loss over time: a file of JSON lines, each the mean of some steps. */
final class PretrainLog implements AutoCloseable {
  private static final Pattern STEP = Pattern.compile("\\{\"step\": (\\d+),.*}");

  private final BufferedWriter out;
  private final int interval;
  private final long started = System.nanoTime();
  private double lossSum;
  private int count;

  /**
   * Opens a log for writing after step {@code done}; lines of later steps, which a killed run wrote
   * after its last checkpoint, go.
   */
  PretrainLog(Path file, long done, int interval) throws IOException {
    this.interval = interval;
    if (Files.exists(file)) {
      List<String> kept =
          Files.readAllLines(file).stream().filter(line -> stepOf(line) <= done).toList();
      AtomicFile.write(file, String.join("\n", kept) + (kept.isEmpty() ? "" : "\n"));
    }
    this.out = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** Adds a step. */
  void add(PretrainListener.Step step) throws IOException {
    lossSum += step.loss();
    count++;
    if (step.step() % interval == 0) {
      out.write(
          String.format(
              Locale.ROOT,
              "{\"step\": %d, \"loss\": %.6f, \"gradient_norm\": %.4f, \"learning_rate\": %.6g,"
                  + " \"seconds\": %.1f}\n",
              step.step(),
              lossSum / count,
              step.gradientNorm(),
              step.learningRate(),
              (System.nanoTime() - started) / 1e9));
      out.flush();
      lossSum = 0;
      count = 0;
    }
  }

  private static long stepOf(String line) {
    Matcher matcher = STEP.matcher(line);
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : Long.MAX_VALUE;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
