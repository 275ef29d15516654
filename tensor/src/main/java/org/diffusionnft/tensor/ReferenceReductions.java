package org.diffusionnft.tensor;

import static org.diffusionnft.tensor.ReferenceDevice.load;
import static org.diffusionnft.tensor.ReferenceDevice.store;

import java.util.Arrays;

/** Reductions as plain loops. */
final class ReferenceReductions implements ReductionKernels {

  @Override
  public void reduce(ReduceOp op, Tensor x, boolean[] axes, Tensor out) {
    Shape kept = x.shape();
    for (int i = 0; i < axes.length; i++) {
      kept = axes[i] ? kept.with(i, 1) : kept;
    }
    long[] strides = Strides.broadcast(kept, x.shape());
    double[] v = load(x);
    double[] r = new double[Math.toIntExact(out.elements())];
    Arrays.fill(r, op == ReduceOp.MAX ? Double.NEGATIVE_INFINITY : 0);
    for (int i = 0; i < v.length; i++) {
      int at = (int) Strides.index(i, x.shape(), strides);
      r[at] =
          switch (op) {
            case SUM -> r[at] + v[i];
            case SUM_OF_SQUARES -> r[at] + v[i] * v[i];
            case MAX -> Math.max(r[at], v[i]);
          };
    }
    store(out, r);
  }
}
