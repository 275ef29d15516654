package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.OptimizerKernels.AdamW;
import org.diffusionnft.tensor.Tensor;

/** AdamW and interpolation. */
final class OptimizerCases {
  private OptimizerCases() {}

  static List<ConformanceCase> all() {
    List<ConformanceCase> all = new ArrayList<>();
    for (long n : new long[] {0, 1, 19, 40_007}) {
      all.add(
          new ConformanceCase(
              "adamW",
              "three steps of " + n,
              Tolerance.perTensor(4),
              s -> {
                Tensor p = s.normal(n);
                Tensor m = s.uniform(-0.1, 0.1, n);
                Tensor v = s.uniform(0, 0.1, n);
                for (int step = 5; step < 8; step++) {
                  AdamW numbers = new AdamW(1e-2, 0.9, 0.999, 1e-8, 1e-2, step);
                  s.device().optimizer().adamW(p, s.normal(n), m, v, numbers, 0.4);
                }
                return List.of(p, m, v);
              }));
      all.add(
          new ConformanceCase(
              "lerp",
              "of " + n,
              Tolerance.perTensor(2),
              s -> {
                Tensor t = s.normal(n);
                s.device().optimizer().lerp(t, s.normal(n), 0.1);
                return List.of(t);
              }));
    }
    return all;
  }
}
