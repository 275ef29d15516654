package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;
import static org.diffusionnft.kernels.Operands.address;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.OptimizerKernels;
import org.diffusionnft.tensor.Tensor;

/** AdamW and interpolation, in place. */
final class VectorOptimizer implements OptimizerKernels {
  private static final int CHUNK = 8192;
  private final Workers workers;
  private final Fallback fallback;

  VectorOptimizer(Workers workers, Fallback fallback) {
    this.workers = workers;
    this.fallback = fallback;
  }

  @Override
  public void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      AdamW numbers,
      double gradientScale) {
    if (!Operands.allFloat(parameter, gradient, firstMoment, secondMoment)) {
      fallback
          .reference("adamW", parameter, gradient, firstMoment, secondMoment)
          .optimizer()
          .adamW(parameter, gradient, firstMoment, secondMoment, numbers, gradientScale);
      return;
    }
    Operands.requireAsMany(parameter, gradient, firstMoment, secondMoment);
    long n = parameter.elements();
    long p = address(parameter);
    long g = address(gradient);
    long m = address(firstMoment);
    long v = address(secondMoment);
    Step step = Step.of(numbers, gradientScale);
    workers.run(
        chunks(n),
        4 * n,
        (index, scratch) -> {
          long start = (long) index * CHUNK;
          long end = Math.min(n, start + CHUNK);
          for (long i = start; i < end; i += LANES) {
            int left = (int) Math.min(LANES, end - i);
            step.update(p + 4 * i, g + 4 * i, m + 4 * i, v + 4 * i, left);
          }
        });
  }

  /** The parameters of one step, as floats. */
  private record Step(
      float gradientScale,
      float keep,
      float oneMinusBeta1,
      float beta2,
      float oneMinusBeta2,
      float inverseCorrection2,
      float eps,
      float stepSize) {

    static Step of(AdamW numbers, double gradientScale) {
      double correction1 = 1 - Math.pow(numbers.beta1(), (double) numbers.step());
      double correction2 = Math.sqrt(1 - Math.pow(numbers.beta2(), (double) numbers.step()));
      return new Step(
          (float) gradientScale,
          (float) (1 - numbers.learningRate() * numbers.weightDecay()),
          (float) (1 - numbers.beta1()),
          (float) numbers.beta2(),
          (float) (1 - numbers.beta2()),
          (float) (1 / correction2),
          (float) numbers.eps(),
          (float) (numbers.learningRate() / correction1));
    }

    void update(long atP, long atG, long atM, long atV, int left) {
      VectorMask<Float> inside = FIRST[left];
      FloatVector g = fromMemorySegment(FLOATS, ALL, atG, ORDER, inside).mul(gradientScale);
      FloatVector m = fromMemorySegment(FLOATS, ALL, atM, ORDER, inside);
      m = g.sub(m).fma(broadcast(FLOATS, oneMinusBeta1), m);
      FloatVector v = fromMemorySegment(FLOATS, ALL, atV, ORDER, inside).mul(beta2);
      v = g.mul(g).fma(broadcast(FLOATS, oneMinusBeta2), v);
      FloatVector denominator =
          v.sqrt().fma(broadcast(FLOATS, inverseCorrection2), broadcast(FLOATS, eps));
      FloatVector p =
          fromMemorySegment(FLOATS, ALL, atP, ORDER, inside)
              .mul(keep)
              .sub(m.mul(stepSize).div(denominator));
      m.intoMemorySegment(ALL, atM, ORDER, inside);
      v.intoMemorySegment(ALL, atV, ORDER, inside);
      p.intoMemorySegment(ALL, atP, ORDER, inside);
    }
  }

  @Override
  public void lerp(Tensor target, Tensor source, double weight) {
    if (!Operands.allFloat(target, source)) {
      fallback.reference("lerp", target, source).optimizer().lerp(target, source, weight);
      return;
    }
    Operands.requireAsMany(target, source);
    long n = target.elements();
    long t = address(target);
    long s = address(source);
    FloatVector w = broadcast(FLOATS, (float) weight);
    workers.run(
        chunks(n),
        n,
        (index, scratch) -> {
          long start = (long) index * CHUNK;
          long end = Math.min(n, start + CHUNK);
          for (long i = start; i < end; i += LANES) {
            int left = (int) Math.min(LANES, end - i);
            VectorMask<Float> inside = FIRST[left];
            FloatVector v = fromMemorySegment(FLOATS, ALL, t + 4 * i, ORDER, inside);
            fromMemorySegment(FLOATS, ALL, s + 4 * i, ORDER, inside)
                .sub(v)
                .fma(w, v)
                .intoMemorySegment(ALL, t + 4 * i, ORDER, inside);
          }
        });
  }

  private static int chunks(long n) {
    return Math.toIntExact((n + CHUNK - 1) / CHUNK);
  }
}
