package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;

/** Runs cases and compares devices. */
public final class Conformance {
  private Conformance() {}

  /**
   * The outcome of a case.
   *
   * @param worst the largest error relative to the error allowed there: at most 1 passes
   * @param maxError the largest absolute error
   * @param seconds time of the second of two runs on the device, including operands
   * @param problem what is wrong, in one sentence; empty if the case passes
   */
  public record Outcome(double worst, double maxError, double seconds, String problem) {
    /** Whether the device's results are within the tolerance. */
    public boolean passed() {
      return problem.isEmpty();
    }
  }

  /** All cases, in a fixed order. */
  public static List<ConformanceCase> cases() {
    List<ConformanceCase> all = new ArrayList<>();
    all.addAll(ElementwiseCases.all());
    all.addAll(ReductionCases.all());
    all.addAll(MatrixCases.all());
    all.addAll(ConvolutionCases.all());
    all.addAll(AttentionCases.all());
    all.addAll(NormCases.all());
    all.addAll(LayoutCases.all());
    all.addAll(OptimizerCases.all());
    return List.copyOf(all);
  }

  /** Runs a case on a device and returns the outputs' elements; the device's memory is released. */
  public static List<double[]> run(ConformanceCase c, Device device) {
    try (Memory.Scope scope = device.memory().scope()) {
      List<double[]> outputs = new ArrayList<>();
      for (Tensor t : c.body().run(new Samples(device, c.name().hashCode()))) {
        outputs.add(t.toDoubles());
      }
      return outputs;
    }
  }

  /** Runs a case on two devices and compares; failures of the device are reported, not thrown. */
  public static Outcome verify(ConformanceCase c, Device device, Device reference) {
    List<double[]> expected = run(c, reference);
    List<double[]> found;
    double seconds;
    try {
      run(c, device);
      long start = System.nanoTime();
      found = run(c, device);
      seconds = (System.nanoTime() - start) * 1e-9;
    } catch (DeviceException e) {
      return new Outcome(Double.NaN, Double.NaN, 0, c.name() + ": " + e.getMessage());
    } catch (RuntimeException e) {
      return new Outcome(Double.NaN, Double.NaN, 0, c.name() + ": " + e);
    }
    return compare(c, expected, found, seconds);
  }

  /** Compares a device's results with those of the reference device. */
  public static Outcome compare(
      ConformanceCase c, List<double[]> expected, List<double[]> found, double seconds) {
    double worst = 0;
    double maxError = 0;
    String problem = "";
    for (int output = 0; output < expected.size(); output++) {
      double[] right = expected.get(output);
      double[] given = found.get(output);
      double largest = 0;
      for (double x : right) {
        largest = Double.isFinite(x) ? Math.max(largest, Math.abs(x)) : largest;
      }
      for (int i = 0; i < right.length; i++) {
        double error = error(right[i], given[i]);
        double allowed = c.tolerance().allowed(finite(right[i]), largest);
        maxError = Math.max(maxError, error);
        double ratio = error == 0 ? 0 : error / allowed;
        worst = Math.max(worst, ratio);
        if (ratio > 1 && problem.isEmpty()) {
          problem =
              "%s: output %d, element %d is %.9g, expected %.9g; the error %.3g is more than %.3g"
                  .formatted(c.name(), output, i, given[i], right[i], error, allowed);
        }
      }
    }
    return new Outcome(worst, maxError, seconds, problem);
  }

  private static double error(double right, double given) {
    if (Double.compare(right, given) == 0 || right == given) {
      return 0;
    }
    double error = Math.abs(right - given);
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
  }

  private static double finite(double x) {
    return Double.isFinite(x) ? x : 0;
  }
}
