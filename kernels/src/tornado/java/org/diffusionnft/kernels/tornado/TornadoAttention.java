package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;

import org.diffusionnft.tensor.AttentionKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention and its gradient. */
final class TornadoAttention implements AttentionKernels {
  private final Launcher launcher;
  private final OnHost onHost;

  TornadoAttention(Launcher launcher, OnHost onHost) {
    this.launcher = launcher;
    this.onHost = onHost;
  }

  @Override
  public void attention(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor mask,
      int heads,
      double scale,
      Tensor out,
      Tensor logSumExp) {
    if (!single(q, k, v, mask, out, logSumExp) || !fits(q, heads)) {
      onHost.run(
          "attention",
          (r, t) ->
              r.attention()
                  .attention(
                      t.in(q),
                      t.in(k),
                      t.in(v),
                      mask == null ? null : t.in(mask),
                      heads,
                      scale,
                      t.out(out),
                      t.out(logSumExp)),
          q,
          k,
          v,
          mask,
          out,
          logSumExp);
      return;
    }
    if (out.elements() == 0) {
      return;
    }
    int[] p = slots(q, k, v, mask, heads, out, logSumExp);
    launcher
        .plans()
        .groups(Kernel.ATTENTION, logSumExp.elements(), AttentionTasks.GROUP, p, (float) scale);
  }

  @Override
  public void attentionGrad(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor mask,
      int heads,
      double scale,
      Tensor out,
      Tensor logSumExp,
      Tensor gradOut,
      Tensor gradQ,
      Tensor gradK,
      Tensor gradV) {
    if (!single(q, k, v, mask, out, logSumExp, gradOut, gradQ, gradK, gradV) || !fits(q, heads)) {
      onHost.run(
          "attentionGrad",
          (r, t) ->
              r.attention()
                  .attentionGrad(
                      t.in(q),
                      t.in(k),
                      t.in(v),
                      mask == null ? null : t.in(mask),
                      heads,
                      scale,
                      t.in(out),
                      t.in(logSumExp),
                      t.in(gradOut),
                      t.out(gradQ),
                      t.out(gradK),
                      t.out(gradV)),
          q,
          k,
          v,
          mask,
          out,
          logSumExp,
          gradOut,
          gradQ,
          gradK,
          gradV);
      return;
    }
    if (out.elements() == 0) {
      return;
    }
    Tensor delta = launcher.temporary(logSumExp.elements());
    int[] p = slots(q, k, v, mask, heads, out, logSumExp);
    p[AttentionTasks.GRAD_OUT] = launcher.at(gradOut);
    p[AttentionTasks.DELTA] = launcher.at(delta);
    p[AttentionTasks.GRAD_Q] = launcher.at(gradQ);
    p[AttentionTasks.GRAD_K] = launcher.at(gradK);
    p[AttentionTasks.GRAD_V] = launcher.at(gradV);
    long queries = logSumExp.elements();
    long keys = q.dim(0) * heads * k.dim(1);
    Plans plans = launcher.plans();
    plans.each(Kernel.ATTENTION_DELTA, queries, p);
    plans.groups(Kernel.ATTENTION_GRAD_Q, queries, AttentionTasks.GROUP, p, (float) scale);
    plans.groups(Kernel.ATTENTION_GRAD_KV, keys, AttentionTasks.GROUP, p, (float) scale);
    delta.release();
  }

  private static boolean fits(Tensor q, int heads) {
    return q.dim(2) / heads <= AttentionTasks.MAX_HEAD;
  }

  /** The slots that the forward and the backward pass both fill. */
  private int[] slots(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor mask,
      int heads,
      Tensor out,
      Tensor logSumExp) {
    int queries = q.shape().intDim(1);
    int keys = k.shape().intDim(1);
    int[] p = new int[AttentionTasks.SLOTS];
    p[AttentionTasks.BATCHES] = q.shape().intDim(0);
    p[AttentionTasks.HEADS] = heads;
    p[AttentionTasks.QUERIES] = queries;
    p[AttentionTasks.KEYS] = keys;
    p[AttentionTasks.SIZE] = q.shape().intDim(2) / heads;
    p[AttentionTasks.Q] = launcher.at(q);
    p[AttentionTasks.K] = launcher.at(k);
    p[AttentionTasks.V] = launcher.at(v);
    p[AttentionTasks.MASK] = launcher.atOrNone(mask);
    if (mask != null) {
      int scores = queries * keys;
      int masks = mask.shape().intDim(1);
      p[AttentionTasks.MASK_BATCH] = mask.dim(0) == 1 ? 0 : masks * scores;
      p[AttentionTasks.MASK_HEAD] = masks == 1 ? 0 : scores;
    }
    p[AttentionTasks.OUT] = launcher.at(out);
    p[AttentionTasks.LOG_SUM_EXP] = launcher.at(logSumExp);
    return p;
  }
}
