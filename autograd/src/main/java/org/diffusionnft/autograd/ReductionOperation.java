package org.diffusionnft.autograd;

import static org.diffusionnft.tensor.Elementwise.binary;
import static org.diffusionnft.tensor.Elementwise.div;
import static org.diffusionnft.tensor.Elementwise.mul;

import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Tensor;

/** Reductions along axes, which stay with size 1. */
sealed interface ReductionOperation extends Operation {

  /** Sum along axes. */
  record Sum(int[] axes) implements ReductionOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Reductions.sum(in[0], axes));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(0, () -> Layout.expand(g, in[0].shape()));
    }

    @Override
    public Reads reads() {
      return Reads.NOTHING;
    }
  }

  /** Maximum along axes. */
  record Max(int[] axes) implements ReductionOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Reductions.max(in[0], axes));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(
          0,
          () -> {
            Tensor hit = binary(BinaryOp.EQUAL, in[0], made.out());
            return mul(hit, div(g, Reductions.sum(hit, axes)));
          });
    }

    @Override
    public Reads reads() {
      return Reads.EVERYTHING;
    }
  }
}
