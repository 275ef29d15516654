package org.diffusionnft.cli.bench;

import java.util.List;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.tensor.Attention;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;

/** Self-attention without a mask. */
public final class AttentionWorkload implements Workload {
  private final long batch;
  private final long tokens;
  private final int heads;
  private final int headDim;
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;

  /** Queries, keys and values {@code [B, T, H*D]} on a device. */
  public AttentionWorkload(Device device, long batch, long tokens, int heads, int headDim) {
    this.batch = batch;
    this.tokens = tokens;
    this.heads = heads;
    this.headDim = headDim;
    RandomTensors random = new RandomTensors(device);
    long width = (long) heads * headDim;
    this.q = random.uniform(DType.F32, 1, batch, tokens, width);
    this.k = random.uniform(DType.F32, 1, batch, tokens, width);
    this.v = random.uniform(DType.F32, 1, batch, tokens, width);
  }

  @Override
  public String name() {
    return batch + "x" + tokens + " tokens, " + heads + "x" + headDim;
  }

  /** Two products of {@code 2 T T D} for each head; the softmax is not counted. */
  @Override
  public double flops() {
    return 4.0 * batch * tokens * tokens * heads * headDim;
  }

  @Override
  public void run() {
    try (var _ = q.device().memory().scope()) {
      Completion.await(attended());
    }
  }

  @Override
  public long checksum() {
    try (var _ = q.device().memory().scope()) {
      return Completion.checksum(List.of(attended()));
    }
  }

  private Tensor attended() {
    double scale = 1 / Math.sqrt(headDim);
    return Attention.attention(q, k, v, null, heads, scale, Autocast.precision()).out();
  }

  @Override
  public void close() {
    q.release();
    k.release();
    v.release();
  }
}
