package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import org.diffusionnft.tensor.ReduceOp;
import org.diffusionnft.tensor.ReductionKernels;
import org.diffusionnft.tensor.Tensor;

/** Reductions. */
final class TornadoReductions implements ReductionKernels {
  /** Minimum number of outputs for which one work-item each keeps the device busy. */
  private static final int MANY_OUTPUTS = 512;

  /** Maximum number of elements per output for which a work-group is not worth its barriers. */
  private static final int FEW_NUMBERS = 128;

  private final Launcher launcher;
  private final OnHost onHost;

  TornadoReductions(Launcher launcher, OnHost onHost) {
    this.launcher = launcher;
    this.onHost = onHost;
  }

  @Override
  public void reduce(ReduceOp op, Tensor x, boolean[] axes, Tensor out) {
    if (!single(x, out) || x.elements() == 0) {
      if (out.elements() > 0) {
        onHost.run(
            "reduce", (r, t) -> r.reductions().reduce(op, t.in(x), axes, t.out(out)), x, out);
      }
      return;
    }
    int outputs = size(out);
    int each = Math.toIntExact(x.elements() / outputs);
    int[] p = new int[ReductionTasks.AXES + 2 * axes.length];
    p[ReductionTasks.OUTPUTS] = outputs;
    p[ReductionTasks.EACH] = each;
    p[ReductionTasks.X] = launcher.at(x);
    p[ReductionTasks.OUT] = launcher.at(out);
    p[ReductionTasks.CODE] = ReduceCode.of(op);
    p[ReductionTasks.KEPT] = axes(p, ReductionTasks.AXES, x, axes, false);
    int reduced = ReductionTasks.AXES + 2 * p[ReductionTasks.KEPT];
    p[ReductionTasks.REDUCED] = axes(p, reduced, x, axes, true);
    if (outputs >= MANY_OUTPUTS || each <= FEW_NUMBERS) {
      launcher.plans().each(Kernel.REDUCE_EACH, outputs, p);
    } else {
      launcher.plans().groups(Kernel.REDUCE_GROUP, outputs, ReductionTasks.GROUP, p);
    }
  }

  /** Writes size and stride of the axes of one kind from a slot on, and returns their number. */
  private static int axes(int[] p, int slot, Tensor x, boolean[] axes, boolean reduced) {
    long[] strides = x.shape().strides();
    int count = 0;
    for (int axis = 0; axis < axes.length; axis++) {
      if (axes[axis] == reduced && x.dim(axis) != 1) {
        p[slot + 2 * count] = x.shape().intDim(axis);
        p[slot + 2 * count + 1] = Math.toIntExact(strides[axis]);
        count++;
      }
    }
    return count;
  }
}
