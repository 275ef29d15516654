package org.diffusionnft.studies.chart;

import java.util.Locale;

/**
 * The numbers along one side of a chart.
 *
 * @param low at its beginning
 * @param high at its end; more than {@code low}
 * @param step from one labelled number to the next, which are its multiples
 */
record Axis(double low, double high, double step) {
  /** From {@code low} to {@code high}, or a little more where the two are the same. */
  static Axis between(double low, double high, int mostSteps) {
    double end = high > low ? high : low + 1;
    return new Axis(low, end, step(end - low, mostSteps));
  }

  /** The same with whole numbers as labels. */
  static Axis wholeNumbers(double low, double high, int mostSteps) {
    Axis axis = between(low, high, mostSteps);
    return new Axis(axis.low, axis.high, Math.max(1, axis.step));
  }

  /** The least of 1, 2, 5, 10, 20, 50, ... and their like below 1 that makes few enough steps. */
  private static double step(double length, int most) {
    double scale = Math.pow(10, Math.floor(Math.log10(length)) - 1);
    for (int factor : new int[] {1, 2, 5, 10}) {
      if (length / (factor * scale) <= most) {
        return factor * scale;
      }
    }
    return 20 * scale;
  }

  /** How far along the axis a number lies, from 0 to 1; numbers beyond its ends lie there. */
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
