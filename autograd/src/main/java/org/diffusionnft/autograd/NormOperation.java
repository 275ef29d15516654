package org.diffusionnft.autograd;

import static org.diffusionnft.tensor.Elementwise.mul;
import static org.diffusionnft.tensor.Elementwise.sub;
import static org.diffusionnft.tensor.Elementwise.unary;

import org.diffusionnft.tensor.Norms;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/** Normalisations along the last axis. */
sealed interface NormOperation extends Operation {

  /** Layer norm of x and, if present, weight and bias. */
  record LayerNorm(double eps, boolean weighted, boolean biased) implements NormOperation {
    @Override
    public Result forward(Tensor... in) {
      Tensor bias = biased ? in[in.length - 1] : null;
      Norms.LayerNormed n = Norms.layerNorm(in[0], weight(in), bias, eps);
      return new Result(n.out(), n.mean(), n.rstd());
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      int bias = in.length - 1;
      Shape biasShape = biased && to.needs(bias) ? in[bias].shape() : null;
      Norms.Gradients d =
          Norms.layerNormGrad(
              in[0],
              weight(in),
              made.saved().get(0),
              made.saved().get(1),
              g,
              weighted && to.needs(1),
              biasShape);
      to.give(0, d.x());
      to.give(1, weighted ? d.weight() : null);
      to.give(bias, d.bias());
    }

    @Override
    public Reads reads() {
      return Reads.INPUTS;
    }

    private @Nullable Tensor weight(Tensor... in) {
      return weighted ? in[1] : null;
    }
  }

  /** RMS norm of x and an optional weight. */
  record RmsNorm(double eps) implements NormOperation {
    @Override
    public Result forward(Tensor... in) {
      Norms.RmsNormed n = Norms.rmsNorm(in[0], weight(in), eps);
      return new Result(n.out(), n.rstd());
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Tensor rstd = made.saved().getFirst();
      Norms.Gradients d = Norms.rmsNormGrad(in[0], weight(in), rstd, g, to.needs(1));
      to.give(0, d.x());
      to.give(1, d.weight());
    }

    @Override
    public Reads reads() {
      return Reads.INPUTS;
    }

    private static @Nullable Tensor weight(Tensor... in) {
      return in.length > 1 ? in[1] : null;
    }
  }

  /** Softmax. */
  record Softmax() implements NormOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Norms.softmax(in[0]));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(0, () -> Norms.softmaxGrad(made.out(), g));
    }

    @Override
    public Reads reads() {
      return Reads.OUTPUT;
    }
  }

  /** Logarithm of the softmax. */
  record LogSoftmax() implements NormOperation {
    @Override
    public Result forward(Tensor... in) {
      Tensor shifted = sub(in[0], Reductions.max(in[0], -1));
      Tensor total = Reductions.sum(unary(UnaryOp.EXP, shifted), -1);
      return new Result(sub(shifted, unary(UnaryOp.LOG, total)));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Tensor out = made.out();
      to.give(0, () -> sub(g, mul(unary(UnaryOp.EXP, out), Reductions.sum(g, -1))));
    }

    @Override
    public Reads reads() {
      return Reads.OUTPUT;
    }
  }
}
