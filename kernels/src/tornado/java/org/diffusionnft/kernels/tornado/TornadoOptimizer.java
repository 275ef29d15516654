package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import org.diffusionnft.tensor.OptimizerKernels;
import org.diffusionnft.tensor.Tensor;

/** Updates in place. */
final class TornadoOptimizer implements OptimizerKernels {
  private final Launcher launcher;
  private final OnHost onHost;

  TornadoOptimizer(Launcher launcher, OnHost onHost) {
    this.launcher = launcher;
    this.onHost = onHost;
  }

  @Override
  public void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      AdamW n,
      double gradientScale) {
    if (!single(parameter, gradient, firstMoment, secondMoment)) {
      onHost.run(
          "adamW",
          (r, t) ->
              r.optimizer()
                  .adamW(
                      t.out(parameter),
                      t.in(gradient),
                      t.out(firstMoment),
                      t.out(secondMoment),
                      n,
                      gradientScale));
    } else if (parameter.elements() > 0) {
      int[] values = {
        size(parameter),
        launcher.at(parameter),
        launcher.at(gradient),
        launcher.at(firstMoment),
        launcher.at(secondMoment)
      };
      launcher
          .plans()
          .each(
              Kernel.ADAMW,
              parameter.elements(),
              values,
              (float) (1 - n.learningRate() * n.weightDecay()),
              (float) (n.learningRate() / (1 - Math.pow(n.beta1(), (double) n.step()))),
              (float) (1 - n.beta1()),
              (float) (1 - n.beta2()),
              (float) n.beta2(),
              (float) Math.sqrt(1 - Math.pow(n.beta2(), (double) n.step())),
              (float) n.eps(),
              (float) gradientScale);
    }
  }

  @Override
  public void lerp(Tensor target, Tensor source, double weight) {
    if (!single(target, source)) {
      onHost.run("lerp", (r, t) -> r.optimizer().lerp(t.out(target), t.in(source), weight));
    } else if (target.elements() > 0) {
      int[] values = {size(target), launcher.at(target), launcher.at(source)};
      launcher.plans().each(Kernel.LERP, target.elements(), values, (float) weight);
    }
  }
}
