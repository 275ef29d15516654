package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import org.diffusionnft.tensor.OptimizerKernels;
import org.diffusionnft.tensor.Tensor;

/** In-place updates. */
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
                      gradientScale),
          parameter,
          gradient,
          firstMoment,
          secondMoment);
    } else if (parameter.elements() > 0) {
      int[] p = slots(parameter, gradient);
      p[OptimizerTasks.FIRST_MOMENT] = launcher.at(firstMoment);
      p[OptimizerTasks.SECOND_MOMENT] = launcher.at(secondMoment);
      launcher.plans().each(Kernel.ADAMW, parameter.elements(), p, scalars(n, gradientScale));
    }
  }

  @Override
  public void lerp(Tensor target, Tensor source, double weight) {
    if (!single(target, source)) {
      onHost.run(
          "lerp",
          (r, t) -> r.optimizer().lerp(t.out(target), t.in(source), weight),
          target,
          source);
    } else if (target.elements() > 0) {
      launcher.plans().each(Kernel.LERP, target.elements(), slots(target, source), (float) weight);
    }
  }

  private int[] slots(Tensor target, Tensor source) {
    int[] p = new int[OptimizerTasks.SLOTS];
    p[OptimizerTasks.ELEMENTS] = size(target);
    p[OptimizerTasks.TARGET] = launcher.at(target);
    p[OptimizerTasks.SOURCE] = launcher.at(source);
    return p;
  }

  /** The F32 scalars of AdamW, computed in double precision. */
  private static float[] scalars(AdamW n, double gradientScale) {
    double step = n.step();
    float[] f = new float[OptimizerTasks.SCALARS];
    f[OptimizerTasks.DECAY] = (float) (1 - n.learningRate() * n.weightDecay());
    f[OptimizerTasks.STEP] = (float) (n.learningRate() / (1 - Math.pow(n.beta1(), step)));
    f[OptimizerTasks.ONE_LESS_BETA1] = (float) (1 - n.beta1());
    f[OptimizerTasks.ONE_LESS_BETA2] = (float) (1 - n.beta2());
    f[OptimizerTasks.BETA2] = (float) n.beta2();
    f[OptimizerTasks.ROOT] = (float) Math.sqrt(1 - Math.pow(n.beta2(), step));
    f[OptimizerTasks.EPS] = (float) n.eps();
    f[OptimizerTasks.GRADIENT_SCALE] = (float) gradientScale;
    return f;
  }
}
