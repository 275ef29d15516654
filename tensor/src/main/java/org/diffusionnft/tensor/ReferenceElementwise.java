package org.diffusionnft.tensor;

import static org.diffusionnft.tensor.ReferenceDevice.load;
import static org.diffusionnft.tensor.ReferenceDevice.store;

import java.lang.foreign.MemorySegment;

/** Elementwise kernels as plain loops. */
final class ReferenceElementwise implements ElementwiseKernels {

  @Override
  public void fill(Tensor out, double value) {
    MemorySegment s = out.segment();
    for (long i = 0; i < out.elements(); i++) {
      Tensor.setElement(s, out.dtype(), i, value);
    }
  }

  @Override
  public void convert(Tensor x, Tensor out) {
    if (x.dtype() == out.dtype()) {
      out.segment().copyFrom(x.segment());
    } else {
      store(out, load(x));
    }
  }

  @Override
  public void unary(UnaryOp op, double a, double b, Tensor x, Tensor out) {
    double[] v = load(x);
    for (int i = 0; i < v.length; i++) {
      v[i] = op.value(v[i], a, b);
    }
    store(out, v);
  }

  @Override
  public void unaryGrad(UnaryOp op, double a, double b, Tensor x, Tensor gradOut, Tensor gradX) {
    double[] v = load(x);
    double[] g = load(gradOut);
    for (int i = 0; i < v.length; i++) {
      v[i] = g[i] * op.derivative(v[i], a, b);
    }
    store(gradX, v);
  }

  @Override
  public void binary(BinaryOp op, Tensor x, Tensor y, Tensor out) {
    double[] p = load(x);
    double[] q = load(y);
    double[] r = new double[Math.toIntExact(out.elements())];
    long[] strideX = Strides.broadcast(x.shape(), out.shape());
    long[] strideY = Strides.broadcast(y.shape(), out.shape());
    for (int i = 0; i < r.length; i++) {
      double u = p[(int) Strides.index(i, out.shape(), strideX)];
      double v = q[(int) Strides.index(i, out.shape(), strideY)];
      r[i] = op.value(u, v);
    }
    store(out, r);
  }

  @Override
  public void select(Tensor condition, Tensor x, Tensor y, Tensor out) {
    double[] c = load(condition);
    double[] p = load(x);
    double[] q = load(y);
    for (int i = 0; i < c.length; i++) {
      c[i] = c[i] != 0 ? p[i] : q[i];
    }
    store(out, c);
  }

  @Override
  public void gatedAdd(Tensor residual, Tensor gate, Tensor x, Tensor out) {
    double[] r = load(residual);
    double[] g = load(gate);
    double[] v = load(x);
    int channels = x.shape().intDim(2);
    int perBatch = x.shape().intDim(1) * channels;
    for (int i = 0; i < r.length; i++) {
      r[i] += g[i / perBatch * channels + i % channels] * v[i];
    }
    store(out, r);
  }
}
