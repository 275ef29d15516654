package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;
import static org.diffusionnft.kernels.Operands.allFloat;

import org.diffusionnft.kernels.AttentionBackward.Wanted;
import org.diffusionnft.tensor.AttentionKernels;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention: splits {@link AttentionForward} and {@link AttentionBackward} into tasks. */
final class VectorAttention implements AttentionKernels {
  /**
   * With at least this many heads over all batches, a task takes a large part of a head, and in the
   * backward pass all of it.
   */
  private static final int MANY_HEADS = 16;

  /** Maximum queries of a forward task: each block of keys is packed once for them. */
  private static final int QUERIES = 45 * Block.ROWS;

  /** The same if there are few heads. */
  private static final int FEW_QUERIES = 18 * Block.ROWS;

  private final Workers workers;
  private final Formats formats;
  private final Fallback fallback;

  VectorAttention(Workers workers, Formats formats, Fallback fallback) {
    this.workers = workers;
    this.formats = formats;
    this.fallback = fallback;
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
    boolean half = allHalf(q, k, v);
    boolean floats = (half || allFloat(q, k, v)) && allFloat(mask, out, logSumExp);
    if (!floats || k.elements() == 0 || q.elements() == 0) {
      fallback
          .reference("attention", q, k, v, mask, out, logSumExp)
          .attention()
          .attention(q, k, v, mask, heads, scale, out, logSumExp);
      return;
    }
    AttentionCall call = AttentionCall.of(q, k, v, mask, heads, scale);
    ProductFormat format = format(half, call);
    AttentionForward forward = new AttentionForward(call, format, address(out), address(logSumExp));
    if (call.wholeBatches()) {
      eachHead(
          call,
          heads,
          call.work() / 8,
          (bh, scratch) -> forward.run(bh, 0, call.queries(), scratch));
      return;
    }
    inBlocks(call.tasks(), call.queries(), queriesOfTask(call), call.work() / 8, forward::run);
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
    boolean half = allHalf(q, k, v, gradOut);
    boolean floats =
        (half || allFloat(q, k, v, gradOut)) && allFloat(mask, out, logSumExp, gradQ, gradK, gradV);
    if (!floats || k.elements() == 0 || q.elements() == 0) {
      fallback
          .reference("attentionGrad", q, k, v, mask, out, logSumExp, gradOut, gradQ, gradK, gradV)
          .attention()
          .attentionGrad(q, k, v, mask, heads, scale, out, logSumExp, gradOut, gradQ, gradK, gradV);
      return;
    }
    AttentionCall call = AttentionCall.of(q, k, v, mask, heads, scale);
    AttentionBackward backward =
        new AttentionBackward(
            call,
            format(half, call),
            address(out),
            address(logSumExp),
            address(gradOut),
            address(gradQ),
            address(gradK),
            address(gradV));
    if (call.wholeBatches()) {
      eachHead(
          call,
          heads,
          call.work() / 4,
          (bh, scratch) ->
              backward.run(Wanted.ALL, bh, 0, call.queries(), 0, call.keys(), scratch));
      return;
    }
    if (call.tasks() >= MANY_HEADS || call.keys() <= AttentionBackward.KEYS) {
      workers.run(
          call.tasks(),
          call.work() / 4,
          (bh, scratch) ->
              backward.run(Wanted.ALL, bh, 0, call.queries(), 0, call.keys(), scratch));
      return;
    }
    // Few heads and many keys: two passes give more tasks, but compute the scores twice.
    inBlocks(
        call.tasks(),
        call.keys(),
        AttentionBackward.KEYS,
        call.work() / 4,
        (bh, first, end, scratch) ->
            backward.run(Wanted.KEYS_AND_VALUES, bh, 0, call.queries(), first, end, scratch));
    inBlocks(
        call.tasks(),
        call.queries(),
        4 * AttentionBackward.QUERIES,
        call.work() / 4,
        (bh, first, end, scratch) ->
            backward.run(Wanted.QUERIES, bh, first, end, 0, call.keys(), scratch));
  }

  /** A part of one head's queries or keys. */
  private interface Part {
    void run(int head, int first, int end, Scratch scratch);
  }

  /** Runs heads in blocks of {@code each} queries or keys, one task per block. */
  private void inBlocks(int heads, int length, int each, long work, Part part) {
    int blocks = blocks(length, each);
    workers.run(
        heads * blocks,
        work,
        (index, scratch) -> {
          int first = index % blocks * each;
          part.run(index / blocks, first, Math.min(length, first + each), scratch);
        });
  }

  /** Runs all heads of a batch element in one task, after fetching its operands into the cache. */
  private void eachHead(AttentionCall call, int heads, long work, Workers.Task head) {
    workers.run(
        call.batches(),
        work,
        (batch, scratch) -> {
          call.touch(batch, scratch);
          for (int bh = batch * heads; bh < (batch + 1) * heads; bh++) {
            head.run(bh, scratch);
          }
        });
  }

  /** Rows too long for pairs are multiplied as floats. */
  private ProductFormat format(boolean half, AttentionCall call) {
    if (!half) {
      return formats.floats();
    }
    return call.depth() <= PairFormat.MOST_DEPTH ? formats.half() : formats.rounding();
  }

  private static boolean allHalf(Tensor... operands) {
    for (Tensor t : operands) {
      if (t.dtype() != DType.BF16) {
        return false;
      }
    }
    return true;
  }

  /** Queries per forward task: about the same number in each, in whole tiles. */
  private static int queriesOfTask(AttentionCall call) {
    int most = call.tasks() >= MANY_HEADS ? QUERIES : FEW_QUERIES;
    int each = blocks(call.queries(), blocks(call.queries(), most));
    return blocks(each, Block.ROWS) * Block.ROWS;
  }

  private static int blocks(int n, int size) {
    return (n + size - 1) / size;
  }
}
