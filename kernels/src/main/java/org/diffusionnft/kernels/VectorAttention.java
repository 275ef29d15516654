package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;
import static org.diffusionnft.kernels.Operands.allFloat;

import org.diffusionnft.kernels.AttentionBackward.Wanted;
import org.diffusionnft.tensor.AttentionKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention: how {@link AttentionForward} and {@link AttentionBackward} are shared out. */
final class VectorAttention implements AttentionKernels {
  /** Heads from which on a task of the backward pass is a whole head. */
  private static final int MANY_HEADS = 16;

  private final Workers workers;
  private final AttentionKernels reference;

  VectorAttention(Workers workers, AttentionKernels reference) {
    this.workers = workers;
    this.reference = reference;
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
    if (!allFloat(q, k, v, mask, out, logSumExp) || k.elements() == 0 || q.elements() == 0) {
      reference.attention(q, k, v, mask, heads, scale, out, logSumExp);
      return;
    }
    AttentionCall call = AttentionCall.of(q, k, v, mask, heads, scale);
    AttentionForward forward = new AttentionForward(call, address(out), address(logSumExp));
    if (call.wholeBatches()) {
      workers.run(
          call.batches(),
          call.work() / 8,
          (batch, scratch) -> {
            call.touch(batch, scratch);
            for (int bh = batch * heads; bh < (batch + 1) * heads; bh++) {
              forward.run(bh, 0, call.queries(), scratch);
            }
          });
      return;
    }
    int blocks = blocks(call.queries(), AttentionForward.QUERIES);
    workers.run(
        call.tasks() * blocks,
        call.work() / 8,
        (index, scratch) -> {
          int first = index % blocks * AttentionForward.QUERIES;
          int end = Math.min(call.queries(), first + AttentionForward.QUERIES);
          forward.run(index / blocks, first, end, scratch);
        });
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
    boolean floats = allFloat(q, k, v, mask, out, logSumExp, gradOut, gradQ, gradK, gradV);
    if (!floats || k.elements() == 0 || q.elements() == 0) {
      reference.attentionGrad(
          q, k, v, mask, heads, scale, out, logSumExp, gradOut, gradQ, gradK, gradV);
      return;
    }
    AttentionCall call = AttentionCall.of(q, k, v, mask, heads, scale);
    AttentionBackward backward =
        new AttentionBackward(
            call,
            address(out),
            address(logSumExp),
            address(gradOut),
            address(gradQ),
            address(gradK),
            address(gradV));
    if (call.wholeBatches()) {
      workers.run(
          call.batches(),
          call.work() / 4,
          (batch, scratch) -> {
            call.touch(batch, scratch);
            for (int bh = batch * heads; bh < (batch + 1) * heads; bh++) {
              backward.run(Wanted.ALL, bh, 0, call.queries(), 0, call.keys(), scratch);
            }
          });
      return;
    }
    int keyBlocks = blocks(call.keys(), AttentionBackward.KEYS);
    if (call.tasks() >= MANY_HEADS || keyBlocks == 1) {
      workers.run(
          call.tasks(),
          call.work() / 4,
          (bh, scratch) ->
              backward.run(Wanted.ALL, bh, 0, call.queries(), 0, call.keys(), scratch));
      return;
    }
    // Few heads and many keys: two passes give more tasks, at the price of scores computed twice.
    workers.run(
        call.tasks() * keyBlocks,
        call.work() / 4,
        (index, scratch) -> {
          int first = index % keyBlocks * AttentionBackward.KEYS;
          int end = Math.min(call.keys(), first + AttentionBackward.KEYS);
          backward.run(
              Wanted.KEYS_AND_VALUES, index / keyBlocks, 0, call.queries(), first, end, scratch);
        });
    int queriesPerTask = 4 * AttentionBackward.QUERIES;
    int queryBlocks = blocks(call.queries(), queriesPerTask);
    workers.run(
        call.tasks() * queryBlocks,
        call.work() / 4,
        (index, scratch) -> {
          int first = index % queryBlocks * queriesPerTask;
          int end = Math.min(call.queries(), first + queriesPerTask);
          backward.run(Wanted.QUERIES, index / queryBlocks, first, end, 0, call.keys(), scratch);
        });
  }

  private static int blocks(int n, int size) {
    return (n + size - 1) / size;
  }
}
