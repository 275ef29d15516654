package org.diffusionnft.studies.chart;

import java.util.Locale;

/**
 * An axis of a chart.
 *
 * @param low number at its start
 * @param high number at its end; more than {@code low}
 * @param step distance between labelled numbers, which are its multiples
 */
record Axis(double low, double high, double step) {
  /** From {@code low} to {@code high}, or slightly further if the two are equal. */
  static Axis between(double low, double high, int mostSteps) {
    double end = high > low ? high : low + 1;
    return new Axis(low, end, step(end - low, mostSteps));
  }

  /** The same with integer labels. */
  static Axis wholeNumbers(double low, double high, int mostSteps) {
    Axis axis = between(low, high, mostSteps);
    return new Axis(axis.low, axis.high, Math.max(1, axis.step));
  }

  /**
   * The smallest of 1, 2, 5, 10, 20, 50, ... (and such numbers below 1) that gives few enough
   * steps.
   */
  private static double step(double length, int most) {
    double scale = Math.pow(10, Math.floor(Math.log10(length)) - 1);
    for (int factor : new int[] {1, 2, 5, 10}) {
      if (length / (factor * scale) <= most) {
        return factor * scale;
      }
    }
    return 20 * scale;
  }

  /** The position of a number along the axis, from 0 to 1; numbers beyond its ends are clamped. */
  double share(double number) {
    return Math.clamp((number - low) / (high - low), 0, 1);
  }

  /** Labelled numbers. */
  double[] ticks() {
    int first = (int) Math.ceil(low / step - 1e-9);
    int last = (int) Math.floor(high / step + 1e-9);
    double[] ticks = new double[last - first + 1];
    for (int i = 0; i < ticks.length; i++) {
      ticks[i] = (first + i) * step;
    }
    return ticks;
  }

  String label(double tick) {
    int digits = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return String.format(Locale.ROOT, "%." + digits + "f", tick);
  }
}
