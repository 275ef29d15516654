package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ElementwiseKernels;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Strides;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/** Elementwise kernels. */
final class TornadoElementwise implements ElementwiseKernels {
  private final Launcher launcher;
  private final OnHost onHost;

  TornadoElementwise(Launcher launcher, OnHost onHost) {
    this.launcher = launcher;
    this.onHost = onHost;
  }

  @Override
  public void fill(Tensor out, double value) {
    if (!single(out)) {
      onHost.run("fill", (r, t) -> r.elementwise().fill(t.out(out), value), out);
    } else if (out.elements() > 0) {
      launcher.plans().each(Kernel.FILL, out.elements(), slots(out), (float) value);
    }
  }

  @Override
  public void convert(Tensor x, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    if (!single(out) || !TypeCode.readable(x.dtype())) {
      onHost.run("convert", (r, t) -> r.elementwise().convert(t.in(x), t.out(out)), x, out);
    } else if (x.dtype() == DType.F32) {
      long[] inOrder = {1};
      launcher.copy(launcher.at(x), launcher.at(out), Shape.of(out.elements()), inOrder, inOrder);
    } else {
      launcher.widen(x, out);
    }
  }

  @Override
  public void unary(UnaryOp op, double a, double b, Tensor x, Tensor out) {
    if (!single(x, out) || UnaryCode.of(op) == UnaryCode.NONE) {
      onHost.run("unary", (r, t) -> r.elementwise().unary(op, a, b, t.in(x), t.out(out)), x, out);
    } else if (out.elements() > 0) {
      int[] p = slots(out);
      p[ElementwiseTasks.X] = launcher.at(x);
      p[ElementwiseTasks.CODE] = UnaryCode.of(op);
      p[ElementwiseTasks.ANGLE] = angle(op);
      launcher.plans().each(Kernel.UNARY, out.elements(), p, (float) a, (float) b);
    }
  }

  @Override
  public void unaryGrad(UnaryOp op, double a, double b, Tensor x, Tensor gradOut, Tensor gradX) {
    if (!single(x, gradOut, gradX) || UnaryCode.of(op) == UnaryCode.NONE) {
      onHost.run(
          "unaryGrad",
          (r, t) -> r.elementwise().unaryGrad(op, a, b, t.in(x), t.in(gradOut), t.out(gradX)),
          x,
          gradOut,
          gradX);
    } else if (x.elements() > 0) {
      int[] p = slots(gradX);
      p[ElementwiseTasks.X] = launcher.at(x);
      p[ElementwiseTasks.GRAD_OUT] = launcher.at(gradOut);
      p[ElementwiseTasks.CODE] = UnaryCode.of(op);
      p[ElementwiseTasks.ANGLE] = angle(op);
      launcher.plans().each(Kernel.UNARY_GRAD, x.elements(), p, (float) a, (float) b);
    }
  }

  @Override
  public void binary(BinaryOp op, Tensor x, Tensor y, Tensor out) {
    if (!single(x, y, out) || BinaryCode.of(op) == BinaryCode.NONE) {
      onHost.run(
          "binary", (r, t) -> r.elementwise().binary(op, t.in(x), t.in(y), t.out(out)), x, y, out);
    } else if (out.elements() > 0) {
      Steps steps =
          new Steps(
              out.shape(),
              Strides.broadcast(x.shape(), out.shape()),
              Strides.broadcast(y.shape(), out.shape()));
      int[] p = steps.after(ElementwiseTasks.AXES);
      p[ElementwiseTasks.ELEMENTS] = size(out);
      p[ElementwiseTasks.X] = launcher.at(x);
      p[ElementwiseTasks.Y] = launcher.at(y);
      p[ElementwiseTasks.OUT] = launcher.at(out);
      p[ElementwiseTasks.CODE] = BinaryCode.of(op);
      p[ElementwiseTasks.RANK] = steps.rank();
      launcher.plans().each(Kernel.BINARY, out.elements(), p);
    }
  }

  @Override
  public void select(Tensor condition, Tensor x, Tensor y, Tensor out) {
    if (!single(condition, x, y, out)) {
      onHost.run(
          "select",
          (r, t) -> r.elementwise().select(t.in(condition), t.in(x), t.in(y), t.out(out)),
          condition,
          x,
          y,
          out);
    } else if (out.elements() > 0) {
      int[] p = slots(out);
      p[ElementwiseTasks.CONDITION] = launcher.at(condition);
      p[ElementwiseTasks.X] = launcher.at(x);
      p[ElementwiseTasks.Y] = launcher.at(y);
      launcher.plans().each(Kernel.SELECT, out.elements(), p);
    }
  }

  @Override
  public void gatedAdd(Tensor residual, Tensor gate, Tensor x, Tensor out) {
    if (!single(residual, gate, x, out)) {
      onHost.run(
          "gatedAdd",
          (r, t) -> r.elementwise().gatedAdd(t.in(residual), t.in(gate), t.in(x), t.out(out)),
          residual,
          gate,
          x,
          out);
    } else if (out.elements() > 0) {
      int channels = x.shape().intDim(2);
      int[] p = slots(out);
      p[ElementwiseTasks.RESIDUAL] = launcher.at(residual);
      p[ElementwiseTasks.GATE] = launcher.at(gate);
      p[ElementwiseTasks.X] = launcher.at(x);
      p[ElementwiseTasks.CHANNELS] = channels;
      p[ElementwiseTasks.SAMPLE] = x.shape().intDim(1) * channels;
      launcher.plans().each(Kernel.GATED_ADD, out.elements(), p);
    }
  }

  /** The slots of a call, with those of the result filled in. */
  private int[] slots(Tensor out) {
    int[] p = new int[ElementwiseTasks.SLOTS];
    p[ElementwiseTasks.ELEMENTS] = size(out);
    p[ElementwiseTasks.OUT] = launcher.at(out);
    return p;
  }

  private static int angle(UnaryOp op) {
    return op == UnaryOp.SIN || op == UnaryOp.COS ? 1 : 0;
  }
}
