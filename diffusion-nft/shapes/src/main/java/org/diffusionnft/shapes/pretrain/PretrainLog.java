package org.diffusionnft.shapes.pretrain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.diffusionnft.weights.io.AppendedFile;
import org.diffusionnft.weights.io.JsonLines;

/** The loss over time: a file of JSON lines, each the mean of some steps. */
final class PretrainLog implements AutoCloseable {
  private final AppendedFile out;
  private final int interval;
  private final long started = System.nanoTime();
  private double lossSum;
  private int count;

  /**
   * Opens a log for appending after step {@code done}. Lines of later steps, which a killed run
   * wrote after its last checkpoint, are removed.
   */
  PretrainLog(Path file, long done, int interval, PretrainListener listener) throws IOException {
    this.interval = interval;
    JsonLines.dropAfter(file, "step", done).forEach(listener::repaired);
    this.out = AppendedFile.open(file);
  }

  /** Adds a step. */
  void add(PretrainListener.Step step) throws IOException {
    lossSum += step.loss();
    count++;
    if (step.step() % interval == 0) {
      String line =
          String.format(
              Locale.ROOT,
              "{\"step\": %d, \"loss\": %.6f, \"gradient_norm\": %.4f, \"learning_rate\": %.6g,"
                  + " \"seconds\": %.1f}\n",
              step.step(),
              lossSum / count,
              step.gradientNorm(),
              step.learningRate(),
              (System.nanoTime() - started) / 1e9);
      out.append(line);
      lossSum = 0;
      count = 0;
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
