package org.diffusionnft.autograd;

import java.util.Arrays;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/** Operations that only move elements; their derivatives read no values. */
sealed interface LayoutOperation extends Operation {

  @Override
  default Reads reads() {
    return Reads.NOTHING;
  }

  /** Reshape: another shape over the same memory. */
  record Reshape(Shape to) implements LayoutOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(in[0].reshape(to));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(0, () -> g);
    }
  }

  /** Permutation of the axes. */
  record Permute(int[] dims) implements LayoutOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Layout.permute(in[0], dims));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(0, () -> Layout.permute(g, inverse()));
    }

    private int[] inverse() {
      int[] out = new int[dims.length];
      for (int i = 0; i < dims.length; i++) {
        out[dims[i] < 0 ? dims[i] + dims.length : dims[i]] = i;
      }
      return out;
    }
  }

  /** A part of an axis: a view where it is contiguous, else a copy. */
  record Slice(int axis, long start, long end, long step) implements LayoutOperation {
    @Override
    public Result forward(Tensor... in) {
      Tensor x = in[0];
      boolean valid = start >= 0 && start <= end && end <= x.dim(axis);
      boolean contiguous = step == 1;
      for (int i = 0; i < axis; i++) {
        contiguous &= x.dim(i) == 1;
      }
      if (!valid || !contiguous) {
        return new Result(Layout.slice(x, axis, start, end, step));
      }
      long[] dims = x.shape().dims();
      long[] fromAxis = Arrays.copyOfRange(dims, axis, dims.length);
      Tensor part = x.reshape(Shape.of(fromAxis)).narrow(start, end - start);
      return new Result(part.reshape(x.shape().with(axis, end - start)));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(0, () -> Layout.unslice(g, in[0].shape(), axis, start, step));
    }
  }

  /** Zeros before and after an axis. */
  record Pad(int axis, long before, long after) implements LayoutOperation {
    @Override
    public Result forward(Tensor... in) {
      Shape shape = in[0].shape().with(axis, before + in[0].dim(axis) + after);
      return new Result(Layout.unslice(in[0], shape, axis, before, 1));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(0, () -> Layout.slice(g, axis, before, before + in[0].dim(axis), 1));
    }
  }

  /** Concatenation along an axis. */
  record Concat(int axis) implements LayoutOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Layout.concat(axis, in));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      long start = 0;
      for (int i = 0; i < in.length; i++) {
        long from = start;
        long end = start + in[i].dim(axis);
        to.give(i, () -> Layout.slice(g, axis, from, end, 1));
        start = end;
      }
    }
  }

  /** Size-1 axes stretched. */
  record Expand(Shape to) implements LayoutOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Layout.expand(in[0], to));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(0, () -> g);
    }
  }

  /** Rows of a table by ids. */
  record Gather() implements LayoutOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Layout.gather(in[0], in[1]));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Tensor table = in[0];
      Tensor ids = in[1].reshape(-1);
      to.give(0, () -> Layout.scatterAdd(g.reshape(-1, table.dim(1)), ids, table.dim(0)));
    }

    @Override
    public Reads reads() {
      return Reads.of((i, _) -> i == 1);
    }
  }
}
