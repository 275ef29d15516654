package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;

import java.util.List;
import org.diffusionnft.tensor.AttentionKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention and its gradient. */
final class TornadoAttention implements AttentionKernels {
  /** Work-items along each side of a work-group that computes tiles. */
  private static final int SIDE = 16;

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
    long all = q.dim(0) * heads;
    Tiling tiling = Tiling.of(q.shape().intDim(2) / heads);
    run(tiling.forward, all, q.dim(1), tiling.queries, p, (float) scale);
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
    long all = q.dim(0) * heads;
    Tiling tiling = Tiling.of(q.shape().intDim(2) / heads);
    launcher.plans().each(Kernel.ATTENTION_DELTA, logSumExp.elements(), p);
    run(tiling.gradQ, all, q.dim(1), tiling.rows, p, (float) scale);
    run(tiling.gradKv, all, k.dim(1), tiling.rows, p, (float) scale);
    delta.release();
  }

  /**
   * The kernels for heads up to a size.
   *
   * @param queries per group in the forward pass
   * @param rows of q, or of k, per group in the backward pass
   */
  private record Tiling(
      int size, int queries, int rows, Kernel forward, Kernel gradQ, Kernel gradKv) {
    private static final List<Tiling> ALL =
        List.of(
            new Tiling(
                NarrowHeads.SIZE,
                NarrowHeads.QUERIES,
                NarrowHeads.ROWS,
                Kernel.ATTENTION_64,
                Kernel.ATTENTION_GRAD_Q_64,
                Kernel.ATTENTION_GRAD_KV_64),
            new Tiling(
                WideHeads.SIZE,
                WideHeads.QUERIES,
                WideHeads.ROWS,
                Kernel.ATTENTION_128,
                Kernel.ATTENTION_GRAD_Q_128,
                Kernel.ATTENTION_GRAD_KV_128),
            new Tiling(
                AttentionTasks.MAX_HEAD,
                1,
                1,
                Kernel.ATTENTION,
                Kernel.ATTENTION_GRAD_Q,
                Kernel.ATTENTION_GRAD_KV));

    /** The smallest tiling that fits a head. */
    static Tiling of(int size) {
      return ALL.stream().filter(t -> size <= t.size).findFirst().orElseThrow();
    }
  }

  /** Runs a kernel with one group per head of a batch element and {@code length} of its rows. */
  private void run(Kernel kernel, long heads, long rows, int length, int[] p, float scale) {
    long groups = heads * ((rows + length - 1) / length);
    if (length == 1) {
      launcher.plans().groups(kernel, groups, AttentionTasks.GROUP, p, scale);
    } else {
      launcher.plans().tiles(kernel, groups, 1, 1, SIDE, p, scale);
    }
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
