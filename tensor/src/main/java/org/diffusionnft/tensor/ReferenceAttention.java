package org.diffusionnft.tensor;

import static org.diffusionnft.tensor.ReferenceDevice.load;
import static org.diffusionnft.tensor.ReferenceDevice.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Attention row by row, with each row's scores stored in full. */
final class ReferenceAttention implements AttentionKernels {

  /** The layout of one head's vectors in {@code [B, T, H*D]}. */
  private record Head(int tokens, int heads, int depth) {
    int at(int batch, int token, int head) {
      return ((batch * tokens + token) * heads + head) * depth;
    }
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
    Scores scores = Scores.of(q, k, mask, heads, scale);
    Head query = scores.query;
    Head key = scores.key;
    double[] vs = load(v);
    double[] o = new double[scores.q.length];
    double[] lse = new double[Math.toIntExact(logSumExp.elements())];
    boolean half = q.dtype() == DType.BF16;
    for (int b = 0; b < q.dim(0); b++) {
      for (int h = 0; h < heads; h++) {
        for (int s = 0; s < query.tokens; s++) {
          double[] row = scores.row(b, h, s);
          double max = Arrays.stream(row).max().orElse(0);
          double logSum = logSumExp(row);
          lse[(b * heads + h) * query.tokens + s] = logSum;
          for (int t = 0; t < key.tokens; t++) {
            double weight =
                half
                    ? rounded(Math.exp(row[t] - max)) * Math.exp(max - logSum)
                    : Math.exp(row[t] - logSum);
            for (int d = 0; d < query.depth; d++) {
              o[query.at(b, s, h) + d] += weight * vs[key.at(b, t, h) + d];
            }
          }
        }
      }
    }
    store(out, o);
    store(logSumExp, lse);
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
    Scores scores = Scores.of(q, k, mask, heads, scale);
    Head query = scores.query;
    Head key = scores.key;
    int depth = query.depth;
    double[] vs = load(v);
    double[] go = load(gradOut);
    double[] gq = new double[scores.q.length];
    double[] gk = new double[scores.k.length];
    double[] gv = new double[vs.length];
    boolean half = q.dtype() == DType.BF16;
    for (int b = 0; b < q.dim(0); b++) {
      for (int h = 0; h < heads; h++) {
        for (int s = 0; s < query.tokens; s++) {
          double[] row = scores.row(b, h, s);
          int atQ = query.at(b, s, h);
          // Not from out and logSumExp: they are rounded to F32, which matters at large scores.
          double logSum = logSumExp(row);
          double[] p = new double[key.tokens];
          double[] gradP = new double[key.tokens];
          double mean = 0; // sum_t p_t dp_t, of the softmax's Jacobian
          for (int t = 0; t < key.tokens; t++) {
            int atK = key.at(b, t, h);
            p[t] = Math.exp(row[t] - logSum);
            for (int d = 0; d < depth; d++) {
              gradP[t] += go[atQ + d] * vs[atK + d];
            }
            mean += p[t] * gradP[t];
          }
          for (int t = 0; t < key.tokens; t++) {
            int atK = key.at(b, t, h);
            double exact = p[t] * (gradP[t] - mean) * scale;
            double gradScore = half ? rounded(exact) : exact;
            double weight = half ? rounded(p[t]) : p[t];
            for (int d = 0; d < depth; d++) {
              gv[atK + d] += weight * go[atQ + d];
              gq[atQ + d] += gradScore * scores.k[atK + d];
              gk[atK + d] += gradScore * scores.q[atQ + d];
            }
          }
        }
      }
    }
    store(gradQ, gq);
    store(gradK, gk);
    store(gradV, gv);
  }

  private static double rounded(double x) {
    return HalfPrecision.bf16ToFloat(HalfPrecision.floatToBf16((float) x));
  }

  private static double logSumExp(double[] row) {
    double max = Double.NEGATIVE_INFINITY;
    for (double x : row) {
      max = Math.max(max, x);
    }
    double sum = 0;
    for (double x : row) {
      sum += Math.exp(x - max);
    }
    return max + Math.log(sum);
  }

  /** Scaled and masked scores of one query. */
  private static final class Scores {
    private final double[] q;
    private final double[] k;
    private final Head query;
    private final Head key;
    private final double scale;
    private final double @Nullable [] mask;
    private final long[] maskStrides;

    static Scores of(Tensor q, Tensor k, @Nullable Tensor mask, int heads, double scale) {
      int depth = q.shape().intDim(2) / heads;
      Head query = new Head(q.shape().intDim(1), heads, depth);
      Head key = new Head(k.shape().intDim(1), heads, depth);
      return new Scores(load(q), load(k), query, key, mask, scale);
    }

    private Scores(
        double[] q, double[] k, Head query, Head key, @Nullable Tensor mask, double scale) {
      this.q = q;
      this.k = k;
      this.query = query;
      this.key = key;
      this.scale = scale;
      this.mask = mask == null ? null : load(mask);
      Shape full = mask == null ? Shape.of() : mask.shape();
      this.maskStrides = full.strides();
      for (int i = 0; i < maskStrides.length; i++) {
        maskStrides[i] = full.dim(i) == 1 && i < 2 ? 0 : maskStrides[i];
      }
    }

    double[] row(int b, int h, int s) {
      double[] row = new double[key.tokens];
      for (int t = 0; t < row.length; t++) {
        double dot = 0;
        for (int d = 0; d < query.depth; d++) {
          dot += q[query.at(b, s, h) + d] * k[key.at(b, t, h) + d];
        }
        row[t] = scale * dot;
        if (mask != null) {
          long at =
              b * maskStrides[0] + h * maskStrides[1] + s * maskStrides[2] + t * maskStrides[3];
          row[t] += mask[(int) at];
        }
      }
      return row;
    }
  }
}
