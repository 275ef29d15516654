package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.NormKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Normalisations and softmax. */
final class TornadoNorms implements NormKernels {
  private final Launcher launcher;
  private final OnHost onHost;

  TornadoNorms(Launcher launcher, OnHost onHost) {
    this.launcher = launcher;
    this.onHost = onHost;
  }

  @Override
  public void layerNorm(
      Tensor x,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps,
      Tensor out,
      Tensor mean,
      Tensor rstd) {
    if (half(weight) || half(bias)) {
      Tensor w = widened(weight);
      Tensor b = widened(bias);
      layerNorm(x, w, b, eps, out, mean, rstd);
      release(w);
      release(b);
    } else if (!single(x, weight, bias, out, mean, rstd)) {
      onHost.run(
          "layerNorm",
          (r, t) ->
              r.norms()
                  .layerNorm(
                      t.in(x),
                      weight == null ? null : t.in(weight),
                      bias == null ? null : t.in(bias),
                      eps,
                      t.out(out),
                      t.out(mean),
                      t.out(rstd)),
          x,
          weight,
          bias,
          out,
          mean,
          rstd);
    } else if (x.elements() > 0) {
      int[] p = slots(x, weight);
      p[NormTasks.BIAS] = launcher.atOrNone(bias);
      p[NormTasks.BIAS_ROWS] = served(x, bias);
      p[NormTasks.OUT] = launcher.at(out);
      p[NormTasks.MEAN] = launcher.at(mean);
      p[NormTasks.RSTD] = launcher.at(rstd);
      rows(Kernel.LAYER_NORM, x, p, (float) eps);
    }
  }

  @Override
  public void layerNormGrad(
      Tensor x,
      @Nullable Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight,
      @Nullable Tensor gradBias) {
    if (half(weight)) {
      Tensor w = widened(weight);
      layerNormGrad(x, w, mean, rstd, gradOut, gradX, gradWeight, gradBias);
      release(w);
      return;
    }
    if (!single(x, weight, mean, rstd, gradOut, gradX, gradWeight, gradBias)) {
      onHost.run(
          "layerNormGrad",
          (r, t) ->
              r.norms()
                  .layerNormGrad(
                      t.in(x),
                      weight == null ? null : t.in(weight),
                      t.in(mean),
                      t.in(rstd),
                      t.in(gradOut),
                      t.out(gradX),
                      gradWeight == null ? null : t.out(gradWeight),
                      gradBias == null ? null : t.out(gradBias)),
          x,
          weight,
          mean,
          rstd,
          gradOut,
          gradX,
          gradWeight,
          gradBias);
      return;
    }
    gradX(x, weight, mean, rstd, gradOut, gradX);
    gradAffine(x, mean, rstd, gradOut, gradWeight, true);
    gradAffine(x, mean, rstd, gradOut, gradBias, false);
  }

  @Override
  public void rmsNorm(Tensor x, @Nullable Tensor weight, double eps, Tensor out, Tensor rstd) {
    if (half(weight)) {
      Tensor w = widened(weight);
      rmsNorm(x, w, eps, out, rstd);
      release(w);
    } else if (!single(x, weight, out, rstd)) {
      onHost.run(
          "rmsNorm",
          (r, t) ->
              r.norms()
                  .rmsNorm(
                      t.in(x), weight == null ? null : t.in(weight), eps, t.out(out), t.out(rstd)),
          x,
          weight,
          out,
          rstd);
    } else if (x.elements() > 0) {
      int[] p = slots(x, weight);
      p[NormTasks.OUT] = launcher.at(out);
      p[NormTasks.RSTD] = launcher.at(rstd);
      rows(Kernel.RMS_NORM, x, p, (float) eps);
    }
  }

  @Override
  public void rmsNormGrad(
      Tensor x,
      @Nullable Tensor weight,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight) {
    if (half(weight)) {
      Tensor w = widened(weight);
      rmsNormGrad(x, w, rstd, gradOut, gradX, gradWeight);
      release(w);
      return;
    }
    if (!single(x, weight, rstd, gradOut, gradX, gradWeight)) {
      onHost.run(
          "rmsNormGrad",
          (r, t) ->
              r.norms()
                  .rmsNormGrad(
                      t.in(x),
                      weight == null ? null : t.in(weight),
                      t.in(rstd),
                      t.in(gradOut),
                      t.out(gradX),
                      gradWeight == null ? null : t.out(gradWeight)),
          x,
          weight,
          rstd,
          gradOut,
          gradX,
          gradWeight);
      return;
    }
    gradX(x, weight, null, rstd, gradOut, gradX);
    gradAffine(x, null, rstd, gradOut, gradWeight, true);
  }

  private void gradX(
      Tensor x,
      @Nullable Tensor weight,
      @Nullable Tensor mean,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX) {
    if (x.elements() > 0) {
      int[] p = slots(x, weight);
      p[NormTasks.MEAN] = launcher.atOrNone(mean);
      p[NormTasks.RSTD] = launcher.at(rstd);
      p[NormTasks.GRAD_OUT] = launcher.at(gradOut);
      p[NormTasks.GRAD_X] = launcher.at(gradX);
      rows(Kernel.NORM_GRAD_X, x, p);
    }
  }

  private void gradAffine(
      Tensor x,
      @Nullable Tensor mean,
      Tensor rstd,
      Tensor gradOut,
      @Nullable Tensor gradient,
      boolean ofWeight) {
    if (gradient != null && gradient.elements() > 0) {
      int[] p = slots(x, null);
      p[NormTasks.MEAN] = launcher.atOrNone(mean);
      p[NormTasks.RSTD] = launcher.at(rstd);
      p[NormTasks.GRAD_OUT] = launcher.at(gradOut);
      p[NormTasks.GRADIENT] = launcher.at(gradient);
      p[NormTasks.GRADIENT_ELEMENTS] = size(gradient);
      p[NormTasks.GRADIENT_ROWS] = served(x, gradient);
      p[NormTasks.OF_WEIGHT] = ofWeight ? 1 : 0;
      launcher.plans().each(Kernel.NORM_GRAD_AFFINE, gradient.elements(), p);
    }
  }

  @Override
  public void softmax(Tensor x, Tensor out) {
    if (!single(x, out)) {
      onHost.run("softmax", (r, t) -> r.norms().softmax(t.in(x), t.out(out)), x, out);
    } else if (x.elements() > 0) {
      int[] p = slots(x, null);
      p[NormTasks.OUT] = launcher.at(out);
      rows(Kernel.SOFTMAX, x, p);
    }
  }

  @Override
  public void softmaxGrad(Tensor out, Tensor gradOut, Tensor gradX) {
    if (!single(out, gradOut, gradX)) {
      onHost.run(
          "softmaxGrad",
          (r, t) -> r.norms().softmaxGrad(t.in(out), t.in(gradOut), t.out(gradX)),
          out,
          gradOut,
          gradX);
    } else if (out.elements() > 0) {
      int[] p = new int[NormTasks.SLOTS];
      p[NormTasks.CHANNELS] = channels(out);
      p[NormTasks.OUT] = launcher.at(out);
      p[NormTasks.GRAD_OUT] = launcher.at(gradOut);
      p[NormTasks.GRAD_X] = launcher.at(gradX);
      rows(Kernel.SOFTMAX_GRAD, out, p);
    }
  }

  /** The slots of a call, with those of x and of the weight filled in. */
  private int[] slots(Tensor x, @Nullable Tensor weight) {
    int[] p = new int[NormTasks.SLOTS];
    p[NormTasks.CHANNELS] = channels(x);
    p[NormTasks.X] = launcher.at(x);
    p[NormTasks.WEIGHT] = launcher.atOrNone(weight);
    p[NormTasks.WEIGHT_ROWS] = served(x, weight);
    return p;
  }

  /** Runs a kernel with one work-group per row. */
  private void rows(Kernel kernel, Tensor x, int[] p, float... f) {
    launcher.plans().groups(kernel, x.elements() / channels(x), NormTasks.GROUP, p, f);
  }

  private static boolean half(@Nullable Tensor t) {
    return t != null && (t.dtype() == DType.BF16 || t.dtype() == DType.F16);
  }

  /** An F32 copy on the device; the caller releases it. */
  private static @Nullable Tensor widened(@Nullable Tensor t) {
    return t == null ? null : Elementwise.convert(t, DType.F32);
  }

  private static void release(@Nullable Tensor t) {
    if (t != null) {
      t.release();
    }
  }

  private static int channels(Tensor x) {
    return x.shape().intDim(-1);
  }

  /** Number of rows of x that share one row of a weight or bias. */
  private static int served(Tensor x, @Nullable Tensor affine) {
    return affine == null ? 1 : Math.toIntExact(x.elements() / affine.elements());
  }
}
