package org.diffusionnft.verify;

import java.util.Locale;

/**
 * The verdict on one output.
 *
 * @param output its name
 * @param error the largest distance of any element from the expected one
 * @param limit the largest error that passes
 * @param unit the unit of both
 * @param problem why it cannot be compared at all; empty if it can
 */
public record Check(String output, double error, double limit, String unit, String problem) {
  static Check impossible(String output, String problem) {
    return new Check(output, Double.NaN, Double.NaN, "", problem);
  }

  /** Whether the output is as expected. */
  public boolean passed() {
    return problem.isEmpty() && error <= limit;
  }

  /** The error as a fraction of the limit: up to 1 passes. */
  public double shareOfLimit() {
    if (problem.isEmpty()) {
      return error == 0 ? 0 : error / limit;
    }
    return Double.POSITIVE_INFINITY;
  }

  /** One line for display. */
  @Override
  public String toString() {
    String verdict = passed() ? "ok" : "FAILED";
    return problem.isEmpty()
        ? String.format(
            Locale.ROOT,
            "%-6s  error %-8s  tolerance %s%s  %s",
            verdict,
            number(error),
            limit == 0 ? "exact" : number(limit),
            unit,
            output)
        : String.format(Locale.ROOT, "%-6s  %s  %s", verdict, problem, output);
  }

  private static String number(double x) {
    return x == 0 ? "0" : String.format(Locale.ROOT, "%.2e", x);
  }
}
