package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.tensor.ReduceOp;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Shape;

/** Reductions. */
final class ReductionCases {
  private ReductionCases() {}

  static List<ConformanceCase> all() {
    List<ConformanceCase> all = new ArrayList<>();
    Object[][] shapes = {
      {new long[] {1}, new int[] {0}},
      {new long[] {5}, new int[] {0}},
      {new long[] {100_003}, new int[] {0}},
      {new long[] {300, 333}, new int[] {1}},
      {new long[] {300, 333}, new int[] {0}},
      {new long[] {5000, 96}, new int[] {0}},
      {new long[] {4, 40_000}, new int[] {1}},
      {new long[] {6, 45, 96}, new int[] {1}},
      {new long[] {6, 45, 96}, new int[] {0, 1}},
      {new long[] {6, 45, 96}, new int[] {1, 2}},
      {new long[] {6, 45, 96}, new int[] {0, 2}},
      {new long[] {6, 1, 45, 1, 33}, new int[] {2}},
      {new long[] {2, 3, 4, 5, 6}, new int[] {0, 2, 4}},
      {new long[] {2, 3, 4, 5, 6}, new int[] {1, 3}},
      {new long[] {2, 3, 4}, new int[] {}},
    };
    for (ReduceOp op : ReduceOp.values()) {
      for (Object[] shape : shapes) {
        long[] dims = (long[]) shape[0];
        int[] axes = (int[]) shape[1];
        all.add(
            new ConformanceCase(
                "reduce",
                op.name().toLowerCase(Locale.ROOT)
                    + " "
                    + Arrays.toString(dims)
                    + " along "
                    + Arrays.toString(axes),
                Tolerance.perTensor(op == ReduceOp.MAX ? 0 : 2),
                s -> List.of(Reductions.reduce(op, s.normal(dims), axes))));
      }
    }
    all.add(
        new ConformanceCase(
            "reduce",
            "sumTo [6, 45, 96] to [45, 1]",
            Tolerance.perTensor(2),
            s -> List.of(Reductions.sumTo(s.normal(6, 45, 96), Shape.of(45, 1)))));
    return all;
  }
}
