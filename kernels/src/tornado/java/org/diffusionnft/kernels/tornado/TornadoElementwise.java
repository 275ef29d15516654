package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ElementwiseKernels;
import org.diffusionnft.tensor.Strides;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/** Elementwise kernels. */
final class TornadoElementwise implements ElementwiseKernels {
  private final Launcher launcher;
  private final OnHost onHost;

  TornadoElementwise(Launcher launcher, OnHost onHost) {
    // Scalars numbers the operations as these are declared.
    if (UnaryOp.TANH.ordinal() != 10
        || UnaryOp.QUICK_GELU.ordinal() != 16
        || BinaryOp.GREATER.ordinal() != 6
        || BinaryOp.EQUAL.ordinal() != 8) {
      throw new IllegalStateException("the numbers of operations in Scalars are out of date");
    }
    this.launcher = launcher;
    this.onHost = onHost;
  }

  @Override
  public void fill(Tensor out, double value) {
    if (!single(out)) {
      onHost.run("fill", (r, t) -> r.elementwise().fill(t.out(out), value));
    } else if (out.elements() > 0) {
      launcher
          .plans()
          .each(
              Kernel.FILL, out.elements(), new int[] {size(out), launcher.at(out)}, (float) value);
    }
  }

  @Override
  public void convert(Tensor x, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    if (!single(out) || !Halves.readable(x.dtype())) {
      onHost.run("convert", (r, t) -> r.elementwise().convert(t.in(x), t.out(out)));
    } else if (x.dtype() == DType.F32) {
      int[] values = {size(out), launcher.at(x), launcher.at(out), 1, size(out), 1, 1};
      launcher.plans().each(Kernel.STRIDED_COPY, out.elements(), values);
    } else {
      int[] values = {size(out), launcher.atAny(x), launcher.at(out), launcher.type(x)};
      launcher.plans().each(Kernel.WIDEN, out.elements(), values);
    }
  }

  @Override
  public void unary(UnaryOp op, double a, double b, Tensor x, Tensor out) {
    if (!single(x, out)) {
      onHost.run("unary", (r, t) -> r.elementwise().unary(op, a, b, t.in(x), t.out(out)));
    } else if (out.elements() > 0) {
      int angle = op == UnaryOp.SIN || op == UnaryOp.COS ? 1 : 0;
      int[] values = {size(out), launcher.at(x), launcher.at(out), op.ordinal(), angle};
      launcher.plans().each(Kernel.UNARY, out.elements(), values, (float) a, (float) b);
    }
  }

  @Override
  public void unaryGrad(UnaryOp op, double a, double b, Tensor x, Tensor gradOut, Tensor gradX) {
    if (!single(x, gradOut, gradX)) {
      onHost.run(
          "unaryGrad",
          (r, t) -> r.elementwise().unaryGrad(op, a, b, t.in(x), t.in(gradOut), t.out(gradX)));
    } else if (x.elements() > 0) {
      int[] values = {
        size(x), launcher.at(x), launcher.at(gradOut), launcher.at(gradX), op.ordinal()
      };
      launcher.plans().each(Kernel.UNARY_GRAD, x.elements(), values, (float) a, (float) b);
    }
  }

  @Override
  public void binary(BinaryOp op, Tensor x, Tensor y, Tensor out) {
    if (!single(x, y, out)) {
      onHost.run("binary", (r, t) -> r.elementwise().binary(op, t.in(x), t.in(y), t.out(out)));
    } else if (out.elements() > 0) {
      Steps steps =
          new Steps(
              out.shape(),
              Strides.broadcast(x.shape(), out.shape()),
              Strides.broadcast(y.shape(), out.shape()));
      int[] values =
          steps.after(
              size(out),
              launcher.at(x),
              launcher.at(y),
              launcher.at(out),
              op.ordinal(),
              steps.rank());
      launcher.plans().each(Kernel.BINARY, out.elements(), values);
    }
  }

  @Override
  public void select(Tensor condition, Tensor x, Tensor y, Tensor out) {
    if (!single(condition, x, y, out)) {
      onHost.run(
          "select",
          (r, t) -> r.elementwise().select(t.in(condition), t.in(x), t.in(y), t.out(out)));
    } else if (out.elements() > 0) {
      int[] values = {
        size(out), launcher.at(condition), launcher.at(x), launcher.at(y), launcher.at(out)
      };
      launcher.plans().each(Kernel.SELECT, out.elements(), values);
    }
  }

  @Override
  public void gatedAdd(Tensor residual, Tensor gate, Tensor x, Tensor out) {
    if (!single(residual, gate, x, out)) {
      onHost.run(
          "gatedAdd",
          (r, t) -> r.elementwise().gatedAdd(t.in(residual), t.in(gate), t.in(x), t.out(out)));
    } else if (out.elements() > 0) {
      int channels = x.shape().intDim(2);
      int[] values = {
        size(out),
        launcher.at(residual),
        launcher.at(gate),
        launcher.at(x),
        launcher.at(out),
        channels,
        x.shape().intDim(1) * channels
      };
      launcher.plans().each(Kernel.GATED_ADD, out.elements(), values);
    }
  }
}
