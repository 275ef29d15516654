package org.diffusionnft.verify;

/** How far an output may be from the expected number, and how that distance is measured. */
sealed interface Margin {
  /** The same number. */
  static Margin exact() {
    return new Absolute(0);
  }

  /** The distance of a number from the expected one; 0 for equal infinities and for two NaNs. */
  default double error(double actual, double expected) {
    boolean same = actual == expected || (Double.isNaN(actual) && Double.isNaN(expected));
    return same ? 0 : distance(actual, expected);
  }

  /** See {@link #error}; NaN if one of them is NaN. */
  double distance(double actual, double expected);

  /** The largest distance that passes. */
  double limit();

  /** The unit of distances; empty for plain differences. */
  String unit();

  /** The difference itself. */
  record Absolute(double limit) implements Margin {
    @Override
    public double distance(double actual, double expected) {
      return Math.abs(actual - expected);
    }

    @Override
    public String unit() {
      return "";
    }
  }

  /** The difference as a fraction of the expected number. */
  record Relative(double limit) implements Margin {
    @Override
    public double distance(double actual, double expected) {
      return Math.abs(actual - expected) / Math.abs(expected);
    }

    @Override
    public String unit() {
      return " relative";
    }
  }

  /** The difference in units of the last place of the expected number as a float. */
  record Ulps(double limit) implements Margin {
    @Override
    public double distance(double actual, double expected) {
      return Math.abs(actual - expected) / Math.ulp((float) expected);
    }

    @Override
    public String unit() {
      return " ulp";
    }
  }
}
