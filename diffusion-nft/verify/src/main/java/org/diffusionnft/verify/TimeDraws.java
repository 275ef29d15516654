package org.diffusionnft.verify;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.apache.commons.math3.special.Erf;

/** The noise levels of other trainers, computed from recorded draws. */
final class TimeDraws {
  private TimeDraws() {}

  /** {@code (i + u_i) / T}: one uniform number in each of T equal intervals. */
  static double[] stratified(double[] uniform, int count) {
    double[] out = new double[count];
    Arrays.setAll(out, i -> (i + uniform[i]) / count);
    return out;
  }

  /** Sigmoids of stratified standard normal numbers, in ascending order. */
  static double[] logitNormal(double[] uniform, int count) {
    return Arrays.stream(stratified(uniform, count))
        .map(p -> 1 / (1 + Math.exp(-Math.sqrt(2) * Erf.erfInv(2 * p - 1))))
        .toArray();
  }

  /** Entry {@code i} is entry {@code order[i]} of {@code values}. */
  static double[] permuted(double[] values, double[] order) {
    double[] out = new double[values.length];
    Arrays.setAll(out, i -> values[(int) order[i]]);
    return out;
  }

  /** {@code s t / (1 + (s - 1) t)}. */
  static double shifted(double t, double shift) {
    return shift * t / (1 + (shift - 1) * t);
  }

  /**
   * Stratified in 0.2 to 1 for each sample, in the order that sorts a second draw; both {@code
   * [count, batch]}.
   */
  static double[] uniformBySample(double[] uniform, double[] order, int count, int batch) {
    double[] out = new double[count * batch];
    for (int b = 0; b < batch; b++) {
      int sample = b;
      int[] rows =
          IntStream.range(0, count)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> order[i * batch + sample]))
              .mapToInt(Integer::intValue)
              .toArray();
      for (int i = 0; i < count; i++) {
        double level = (rows[i] + uniform[rows[i] * batch + b]) / count;
        out[i * batch + b] = 0.2 + level * 0.8;
      }
    }
    return out;
  }

  /**
   * One index in each of {@code count} parts of a range, as in PyTorch's linspace: in float32, the
   * second half from the end, and rounded down.
   */
  static int[] indices(int first, int last, int count, double[] uniform) {
    int[] out = new int[count];
    for (int i = 0; i < count; i++) {
      int low = bound(first, last, count, i);
      int high = bound(first, last, count, i + 1);
      out[i] = low + (int) ((float) uniform[i] * (high - low));
    }
    return out;
  }

  private static int bound(int first, int last, int count, int i) {
    float step = (float) (last - first) / count;
    return i < (count + 1) / 2
        ? (int) Math.fma(step, i, first)
        : (int) Math.fma(-step, count - i, last);
  }

  /** These indices with another prepended. */
  static int[] withFirst(int first, int[] others) {
    return IntStream.concat(IntStream.of(first), Arrays.stream(others)).toArray();
  }
}
