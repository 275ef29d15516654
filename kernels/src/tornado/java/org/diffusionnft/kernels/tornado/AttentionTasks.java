package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device code for attention: all slots, and the kernels for heads with more than 128 channels;
 * {@link NarrowHeads} and {@link WideHeads} have those for smaller heads. Here a work-group of 64
 * handles one row: scores are computed 64 at a time, one per work-item, and used before the next
 * 64, so no score matrix is stored. Softmax is online: the sums so far are scaled down when a
 * larger score appears (Milakov and Gimelshein, arXiv 1805.02867).
 *
 * <p>A head of a batch element has one index: batch times heads plus head.
 */
final class AttentionTasks {
  static final int HEADS = 0;

  /** Rows of q in a batch. */
  static final int QUERIES = 1;

  /** Rows of k and v in a batch. */
  static final int KEYS = 2;

  /** Channels of a head. */
  static final int SIZE = 3;

  static final int Q = 4;
  static final int K = 5;
  static final int V = 6;

  /** Added to the scores, or {@link Arguments#NONE}. */
  static final int MASK = 7;

  /** Strides of the mask along batch and head. */
  static final int MASK_BATCH = 8;

  static final int MASK_HEAD = 9;
  static final int OUT = 10;

  /** The logarithm of each row's sum of exponentials. */
  static final int LOG_SUM_EXP = 11;

  static final int GRAD_OUT = 12;

  /** The sum of gradOut times out for each row. */
  static final int DELTA = 13;

  static final int GRAD_Q = 14;
  static final int GRAD_K = 15;
  static final int GRAD_V = 16;
  static final int BATCHES = 17;
  static final int SLOTS = 18;

  /** The slot of {@code f}. */
  static final int SCALE = 0;

  /** Work-items per group, and scores computed at a time. */
  static final int GROUP = 64;

  /** The largest head: the channels of a row kept in local memory. */
  static final int MAX_HEAD = 1024;

  /** Less than any score. */
  static final float LEAST = -3.0e38f;

  private AttentionTasks() {}

  /**
   * Offset of a head in a tensor with {@code rows} rows per batch element and all heads in a row.
   */
  static int start(IntArray p, int call, int rows, int head) {
    int heads = p.get(call + HEADS);
    return (head / heads * rows * heads + head % heads) * p.get(call + SIZE);
  }

  /** Offset of the mask of a head of a batch element. */
  static int maskAt(IntArray p, int call, int head) {
    int heads = p.get(call + HEADS);
    return p.get(call + MASK)
        + head / heads * p.get(call + MASK_BATCH)
        + head % heads * p.get(call + MASK_HEAD);
  }

  /** A score plus the mask value at a position. */
  static float masked(FloatArray m, IntArray p, int call, float score, int at) {
    float r = score;
    if (p.get(call + MASK) != Arguments.NONE) {
      r = r + m.get(at);
    }
    return r;
  }

  /** How many rows from {@code first} on are processed at a time. */
  private static int slice(int rows, int first) {
    int count = rows - first;
    if (count > GROUP) {
      count = GROUP;
    }
    return count;
  }

  /** One group per batch, head and query. */
  static void dnftAttention(KernelContext c, FloatArray m, IntArray p, int call) {
    float[] q = c.allocateFloatLocalArray(MAX_HEAD);
    float[] sums = c.allocateFloatLocalArray(MAX_HEAD);
    float[] scores = c.allocateFloatLocalArray(GROUP);
    float[] shared = c.allocateFloatLocalArray(GROUP);
    int id = c.localIdx;
    int keys = p.get(call + KEYS);
    int size = p.get(call + SIZE);
    int width = p.get(call + HEADS) * size;
    int row = c.groupIdx % p.get(call + QUERIES);
    int head = c.groupIdx / p.get(call + QUERIES);
    int rowAt = start(p, call, p.get(call + QUERIES), head) + row * width;
    int kAt = p.get(call + K) + start(p, call, keys, head);
    int vAt = p.get(call + V) + start(p, call, keys, head);
    int maskAt = maskAt(p, call, head) + row * keys;
    float scale = Scalars.argument(m, p, call, SCALE);
    for (int d = id; d < size; d += GROUP) {
      q[d] = m.get(p.get(call + Q) + rowAt + d);
      sums[d] = 0f;
    }
    float largest = LEAST;
    float total = 0f;
    c.localBarrier();
    for (int first = 0; first < keys; first += GROUP) {
      int key = first + id;
      float score = LEAST;
      if (key < keys) {
        float dot = 0f;
        for (int d = 0; d < size; d++) {
          dot += q[d] * m.get(kAt + key * width + d);
        }
        score = masked(m, p, call, dot * scale, maskAt + key);
      }
      shared[id] = score;
      c.localBarrier();
      for (int half = GROUP / 2; half > 0; half >>= 1) {
        if (id < half) {
          if (shared[id + half] > shared[id]) {
            shared[id] = shared[id + half];
          }
        }
        c.localBarrier();
      }
      float now = largest;
      if (shared[0] > now) {
        now = shared[0];
      }
      c.localBarrier();
      float weight = 0f;
      if (key < keys) {
        weight = TornadoMath.exp(score - now);
      }
      scores[id] = weight;
      shared[id] = weight;
      c.localBarrier();
      for (int half = GROUP / 2; half > 0; half >>= 1) {
        if (id < half) {
          shared[id] = shared[id] + shared[id + half];
        }
        c.localBarrier();
      }
      float shrink = TornadoMath.exp(largest - now);
      total = total * shrink + shared[0];
      largest = now;
      int count = slice(keys, first);
      for (int d = id; d < size; d += GROUP) {
        float sum = sums[d] * shrink;
        for (int j = 0; j < count; j++) {
          sum += scores[j] * m.get(vAt + (first + j) * width + d);
        }
        sums[d] = sum;
      }
      c.localBarrier();
    }
    for (int d = id; d < size; d += GROUP) {
      m.set(p.get(call + OUT) + rowAt + d, sums[d] / total);
    }
    if (id == 0) {
      m.set(p.get(call + LOG_SUM_EXP) + c.groupIdx, largest + TornadoMath.log(total));
    }
  }

  /** One work-item per batch, head and query. */
  static void dnftAttentionDelta(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    int queries = p.get(call + QUERIES);
    int size = p.get(call + SIZE);
    if (i < p.get(call + BATCHES) * p.get(call + HEADS) * queries) {
      int at = start(p, call, queries, i / queries) + i % queries * p.get(call + HEADS) * size;
      float sum = 0f;
      for (int d = 0; d < size; d++) {
        sum += m.get(p.get(call + GRAD_OUT) + at + d) * m.get(p.get(call + OUT) + at + d);
      }
      m.set(p.get(call + DELTA) + i, sum);
    }
  }

  /** One group per batch, head and query. */
  static void dnftAttentionGradQ(KernelContext c, FloatArray m, IntArray p, int call) {
    float[] q = c.allocateFloatLocalArray(MAX_HEAD);
    float[] go = c.allocateFloatLocalArray(MAX_HEAD);
    float[] sums = c.allocateFloatLocalArray(MAX_HEAD);
    float[] slopes = c.allocateFloatLocalArray(GROUP);
    int id = c.localIdx;
    int keys = p.get(call + KEYS);
    int size = p.get(call + SIZE);
    int width = p.get(call + HEADS) * size;
    int row = c.groupIdx % p.get(call + QUERIES);
    int head = c.groupIdx / p.get(call + QUERIES);
    int rowAt = start(p, call, p.get(call + QUERIES), head) + row * width;
    int kAt = p.get(call + K) + start(p, call, keys, head);
    int vAt = p.get(call + V) + start(p, call, keys, head);
    int maskAt = maskAt(p, call, head) + row * keys;
    float scale = Scalars.argument(m, p, call, SCALE);
    float lse = m.get(p.get(call + LOG_SUM_EXP) + c.groupIdx);
    float delta = m.get(p.get(call + DELTA) + c.groupIdx);
    for (int d = id; d < size; d += GROUP) {
      q[d] = m.get(p.get(call + Q) + rowAt + d);
      go[d] = m.get(p.get(call + GRAD_OUT) + rowAt + d);
      sums[d] = 0f;
    }
    c.localBarrier();
    for (int first = 0; first < keys; first += GROUP) {
      int key = first + id;
      float slope = 0f;
      if (key < keys) {
        float dot = 0f;
        float pull = 0f;
        for (int d = 0; d < size; d++) {
          dot += q[d] * m.get(kAt + key * width + d);
          pull += go[d] * m.get(vAt + key * width + d);
        }
        float score = masked(m, p, call, dot * scale, maskAt + key);
        slope = TornadoMath.exp(score - lse) * (pull - delta) * scale;
      }
      slopes[id] = slope;
      c.localBarrier();
      int count = slice(keys, first);
      for (int d = id; d < size; d += GROUP) {
        float sum = sums[d];
        for (int j = 0; j < count; j++) {
          sum += slopes[j] * m.get(kAt + (first + j) * width + d);
        }
        sums[d] = sum;
      }
      c.localBarrier();
    }
    for (int d = id; d < size; d += GROUP) {
      m.set(p.get(call + GRAD_Q) + rowAt + d, sums[d]);
    }
  }

  /** One group per batch, head and key. */
  static void dnftAttentionGradKV(KernelContext c, FloatArray m, IntArray p, int call) {
    float[] k = c.allocateFloatLocalArray(MAX_HEAD);
    float[] v = c.allocateFloatLocalArray(MAX_HEAD);
    float[] sumsK = c.allocateFloatLocalArray(MAX_HEAD);
    float[] sumsV = c.allocateFloatLocalArray(MAX_HEAD);
    float[] slopes = c.allocateFloatLocalArray(GROUP);
    float[] weights = c.allocateFloatLocalArray(GROUP);
    int id = c.localIdx;
    int queries = p.get(call + QUERIES);
    int keys = p.get(call + KEYS);
    int size = p.get(call + SIZE);
    int width = p.get(call + HEADS) * size;
    int key = c.groupIdx % keys;
    int head = c.groupIdx / keys;
    int keyAt = start(p, call, keys, head) + key * width;
    int rowsAt = start(p, call, queries, head);
    int statisticsAt = head * queries;
    int maskAt = maskAt(p, call, head) + key;
    float scale = Scalars.argument(m, p, call, SCALE);
    for (int d = id; d < size; d += GROUP) {
      k[d] = m.get(p.get(call + K) + keyAt + d);
      v[d] = m.get(p.get(call + V) + keyAt + d);
      sumsK[d] = 0f;
      sumsV[d] = 0f;
    }
    c.localBarrier();
    for (int first = 0; first < queries; first += GROUP) {
      int row = first + id;
      float slope = 0f;
      float weight = 0f;
      if (row < queries) {
        float dot = 0f;
        float pull = 0f;
        for (int d = 0; d < size; d++) {
          dot += k[d] * m.get(p.get(call + Q) + rowsAt + row * width + d);
          pull += v[d] * m.get(p.get(call + GRAD_OUT) + rowsAt + row * width + d);
        }
        float score = masked(m, p, call, dot * scale, maskAt + row * keys);
        weight = TornadoMath.exp(score - m.get(p.get(call + LOG_SUM_EXP) + statisticsAt + row));
        slope = weight * (pull - m.get(p.get(call + DELTA) + statisticsAt + row)) * scale;
      }
      slopes[id] = slope;
      weights[id] = weight;
      c.localBarrier();
      int count = slice(queries, first);
      for (int d = id; d < size; d += GROUP) {
        float sumK = sumsK[d];
        float sumV = sumsV[d];
        for (int j = 0; j < count; j++) {
          sumK += slopes[j] * m.get(p.get(call + Q) + rowsAt + (first + j) * width + d);
          sumV += weights[j] * m.get(p.get(call + GRAD_OUT) + rowsAt + (first + j) * width + d);
        }
        sumsK[d] = sumK;
        sumsV[d] = sumV;
      }
      c.localBarrier();
    }
    for (int d = id; d < size; d += GROUP) {
      m.set(p.get(call + GRAD_K) + keyAt + d, sumsK[d]);
      m.set(p.get(call + GRAD_V) + keyAt + d, sumsV[d]);
    }
  }
}
