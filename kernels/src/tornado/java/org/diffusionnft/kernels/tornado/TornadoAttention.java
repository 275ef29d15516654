package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;

import org.diffusionnft.tensor.AttentionKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention and its gradient. */
final class TornadoAttention implements AttentionKernels {
  private static final int VALUES = 18;

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
                      t.out(logSumExp)));
      return;
    }
    if (out.elements() == 0) {
      return;
    }
    int[] values = values(q, k, v, mask, heads);
    values[10] = launcher.at(out);
    values[11] = launcher.at(logSumExp);
    launcher
        .plans()
        .groups(
            Kernel.ATTENTION, logSumExp.elements(), AttentionTasks.GROUP, values, (float) scale);
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
                      t.out(gradV)));
      return;
    }
    if (out.elements() == 0) {
      return;
    }
    Tensor delta = launcher.temporary(logSumExp.elements());
    int[] values = values(q, k, v, mask, heads);
    values[10] = launcher.at(out);
    values[11] = launcher.at(logSumExp);
    values[12] = launcher.at(gradOut);
    values[13] = launcher.at(delta);
    values[14] = launcher.at(gradQ);
    values[15] = launcher.at(gradK);
    values[16] = launcher.at(gradV);
    long queries = logSumExp.elements();
    long keys = q.dim(0) * heads * k.dim(1);
    Plans plans = launcher.plans();
    plans.each(Kernel.ATTENTION_DELTA, queries, values);
    plans.groups(Kernel.ATTENTION_GRAD_Q, queries, AttentionTasks.GROUP, values, (float) scale);
    plans.groups(Kernel.ATTENTION_GRAD_KV, keys, AttentionTasks.GROUP, values, (float) scale);
    delta.release();
  }

  private static boolean fits(Tensor q, int heads) {
    return q.dim(2) / heads <= AttentionTasks.MAX_HEAD;
  }

  private int[] values(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, int heads) {
    int[] values = new int[VALUES];
    values[0] = heads;
    values[1] = q.shape().intDim(1);
    values[2] = k.shape().intDim(1);
    values[3] = q.shape().intDim(2) / heads;
    values[4] = launcher.at(q);
    values[5] = launcher.at(k);
    values[6] = launcher.at(v);
    values[7] = launcher.atOrNone(mask);
    if (mask != null) {
      int scores = values[1] * values[2];
      int masks = mask.shape().intDim(1);
      values[8] = mask.dim(0) == 1 ? 0 : masks * scores;
      values[9] = masks == 1 ? 0 : scores;
    }
    values[17] = q.shape().intDim(0);
    return values;
  }
}
