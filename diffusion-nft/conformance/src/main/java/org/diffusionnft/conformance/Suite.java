package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;

/** The portability suite: every kernel on all its shapes against the reference device. */
public final class Suite {
  private Suite() {}

  /** The kernels that have cases. */
  public static List<String> kernels() {
    return Conformance.cases().stream().map(ConformanceCase::kernel).distinct().toList();
  }

  /**
   * Runs the cases of some kernels; returns one row per kernel.
   *
   * @param problems receives a sentence for each case that fails
   */
  public static List<Verdict> run(Device device, List<String> kernels, Consumer<String> problems) {
    Map<String, List<ConformanceCase>> groups = new LinkedHashMap<>();
    for (ConformanceCase c : Conformance.cases()) {
      if (kernels.contains(c.kernel())) {
        groups.computeIfAbsent(c.kernel(), _ -> new ArrayList<>()).add(c);
      }
    }
    List<Verdict> rows = new ArrayList<>();
    try (Device reference = new ReferenceDevice()) {
      groups.forEach((kernel, cases) -> rows.add(row(kernel, cases, device, reference, problems)));
    }
    return rows;
  }

  private static Verdict row(
      String kernel,
      List<ConformanceCase> cases,
      Device device,
      Device reference,
      Consumer<String> problems) {
    int failed = 0;
    double worst = 0;
    double maxError = 0;
    double seconds = 0;
    for (ConformanceCase c : cases) {
      Conformance.Outcome outcome = Conformance.verify(c, device, reference);
      if (!outcome.passed()) {
        failed++;
        problems.accept(outcome.problem());
      }
      // A kernel that throws has no measurable error: it counts as more than any allowance.
      worst = Math.max(worst, Double.isNaN(outcome.worst()) ? 1e9 : outcome.worst());
      maxError = Math.max(maxError, Double.isNaN(outcome.maxError()) ? 0 : outcome.maxError());
      seconds += outcome.seconds();
    }
    return new Verdict(
        kernel, cases.size(), failed, Math.min(worst, 1e9), Math.min(maxError, 1e38), seconds);
  }
}
