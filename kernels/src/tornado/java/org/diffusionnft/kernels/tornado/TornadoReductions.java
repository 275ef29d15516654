package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.ReduceOp;
import org.diffusionnft.tensor.ReductionKernels;
import org.diffusionnft.tensor.Tensor;

/** Reductions. */
final class TornadoReductions implements ReductionKernels {
  /** From so many outputs on, one work-item each keeps the device busy. */
  private static final int MANY = 512;

  /** Up to so many numbers, a group for each output is not worth its barriers. */
  private static final int FEW = 128;

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
        onHost.run("reduce", (r, t) -> r.reductions().reduce(op, t.in(x), axes, t.out(out)));
      }
      return;
    }
    List<Integer> kept = new ArrayList<>();
    List<Integer> reduced = new ArrayList<>();
    long[] strides = x.shape().strides();
    int axesKept = 0;
    int axesReduced = 0;
    for (int axis = 0; axis < axes.length; axis++) {
      if (x.dim(axis) == 1) {
        continue;
      }
      List<Integer> list = axes[axis] ? reduced : kept;
      list.add(x.shape().intDim(axis));
      list.add(Math.toIntExact(strides[axis]));
      axesKept += axes[axis] ? 0 : 1;
      axesReduced += axes[axis] ? 1 : 0;
    }
    int outputs = size(out);
    int each = Math.toIntExact(x.elements() / outputs);
    List<Integer> all =
        new ArrayList<>(
            List.of(
                outputs,
                each,
                launcher.at(x),
                launcher.at(out),
                op.ordinal(),
                axesKept,
                axesReduced));
    all.addAll(kept);
    all.addAll(reduced);
    int[] values = all.stream().mapToInt(Integer::intValue).toArray();
    if (outputs >= MANY || each <= FEW) {
      launcher.plans().each(Kernel.REDUCE_EACH, outputs, values);
    } else {
      launcher.plans().groups(Kernel.REDUCE_GROUP, outputs, ReductionTasks.GROUP, values);
    }
  }
}
