package org.diffusionnft.tensor;

import static org.diffusionnft.tensor.ReferenceDevice.load;
import static org.diffusionnft.tensor.ReferenceDevice.store;

/** AdamW and interpolation, element by element. */
final class ReferenceOptimizer implements OptimizerKernels {

  @Override
  public void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      AdamW numbers,
      double gradientScale) {
    double[] p = load(parameter);
    double[] g = load(gradient);
    double[] m = load(firstMoment);
    double[] v = load(secondMoment);
    double correction1 = 1 - Math.pow(numbers.beta1(), (double) numbers.step());
    double correction2 = Math.sqrt(1 - Math.pow(numbers.beta2(), (double) numbers.step()));
    for (int i = 0; i < p.length; i++) {
      double scaled = g[i] * gradientScale;
      p[i] *= 1 - numbers.learningRate() * numbers.weightDecay();
      m[i] += (1 - numbers.beta1()) * (scaled - m[i]);
      v[i] = numbers.beta2() * v[i] + (1 - numbers.beta2()) * scaled * scaled;
      double denominator = Math.sqrt(v[i]) / correction2 + numbers.eps();
      p[i] -= numbers.learningRate() / correction1 * m[i] / denominator;
    }
    store(parameter, p);
    store(firstMoment, m);
    store(secondMoment, v);
  }

  @Override
  public void lerp(Tensor target, Tensor source, double weight) {
    double[] t = load(target);
    double[] s = load(source);
    for (int i = 0; i < t.length; i++) {
      t[i] += weight * (s[i] - t[i]);
    }
    store(target, t);
  }
}
