package org.diffusionnft.trainer.objective;

/**
 * What {@link AwmLoss} uses as the log likelihood of an image at noise level {@code t}, given the
 * mean squared error {@code e} of the predicted velocity there.
 */
public enum LikelihoodWeighting {
  /** {@code -e}: the bound on the likelihood with the weights of pretraining. */
  UNIFORM {
    @Override
    double logLikelihood(double error, double t, double power) {
      return -error;
    }

    @Override
    double slope(double error, double t, double power) {
      return -1;
    }
  },
  /** {@code -t e}. */
  T {
    @Override
    double logLikelihood(double error, double t, double power) {
      return -error * t;
    }

    @Override
    double slope(double error, double t, double power) {
      return -t;
    }
  },
  /** {@code -t² e}: the error of the clean image. */
  T_SQUARED {
    @Override
    double logLikelihood(double error, double t, double power) {
      return -error * (t * t);
    }

    @Override
    double slope(double error, double t, double power) {
      return -(t * t);
    }
  },
  /** {@code -t (sqrt(e + 1e-10) - 1e-5)}: linear in the error's size, not quadratic. */
  HUBER {
    @Override
    double logLikelihood(double error, double t, double power) {
      return -(Math.sqrt(error + SMALLEST) - Math.sqrt(SMALLEST)) * t;
    }

    @Override
    double slope(double error, double t, double power) {
      return -t / (2 * Math.sqrt(error + SMALLEST));
    }
  },
  /** {@code -t ((e + 1e-10)^p - 1e-10^p) / p}; {@link #HUBER} is half of it at {@code p = 1/2}. */
  GHUBER {
    @Override
    double logLikelihood(double error, double t, double power) {
      return -(Math.pow(error + SMALLEST, power) - Math.pow(SMALLEST, power)) * t / power;
    }

    @Override
    double slope(double error, double t, double power) {
      return -t * Math.pow(error + SMALLEST, power - 1);
    }
  };

  private static final double SMALLEST = 1e-10; // keeps the slope finite at an error of 0

  /**
   * The log likelihood.
   *
   * @param power of {@link #GHUBER}
   */
  abstract double logLikelihood(double error, double t, double power);

  /** Its derivative with respect to the error. */
  abstract double slope(double error, double t, double power);
}
