package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device code of attention. A work-group of 64 serves one row: scores are made 64 at a time, one a
 * work-item, and used up before the next 64, so no score matrix is stored. Softmax is online: sums
 * so far shrink when a larger score comes (Milakov and Gimelshein, arXiv 1805.02867).
 *
 * <p>{@code p}: 0 heads, 1 queries S, 2 keys T, 3 head size D, 4 q, 5 k, 6 v, 7 mask or -1, 8 and 9
 * steps of the mask from batch to batch and head to head, 10 out, 11 logSumExp, 12 gradOut, 13
 * delta, 14 gradQ, 15 gradK, 16 gradV; {@code f}: scale.
 */
final class AttentionTasks {
  /** Work-items of a group, and scores made at a time. */
  static final int GROUP = 64;

  /** The largest head: what is kept of a row in local memory. */
  static final int MAX_HEAD = 1024;

  private AttentionTasks() {}

  /** One group per batch, head and query. */
  static void dnftAttention(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    float[] q = c.allocateFloatLocalArray(1024);
    float[] sums = c.allocateFloatLocalArray(1024);
    float[] scores = c.allocateFloatLocalArray(64);
    float[] shared = c.allocateFloatLocalArray(64);
    int id = c.localIdx;
    int heads = p.get(0);
    int queries = p.get(1);
    int keys = p.get(2);
    int size = p.get(3);
    int width = heads * size;
    int row = c.groupIdx % queries;
    int head = c.groupIdx / queries % heads;
    int batch = c.groupIdx / queries / heads;
    int qAt = p.get(4) + (batch * queries + row) * width + head * size;
    int kAt = p.get(5) + batch * keys * width + head * size;
    int vAt = p.get(6) + batch * keys * width + head * size;
    int maskAt = p.get(7) + batch * p.get(8) + head * p.get(9) + row * keys;
    float scale = f.get(0);
    for (int d = id; d < size; d += 64) {
      q[d] = m.get(qAt + d);
      sums[d] = 0f;
    }
    float largest = -3.0e38f;
    float total = 0f;
    c.localBarrier();
    for (int first = 0; first < keys; first += 64) {
      int key = first + id;
      float score = -3.0e38f;
      if (key < keys) {
        float dot = 0f;
        for (int d = 0; d < size; d++) {
          dot += q[d] * m.get(kAt + key * width + d);
        }
        score = dot * scale;
        if (p.get(7) >= 0) {
          score = score + m.get(maskAt + key);
        }
      }
      shared[id] = score;
      c.localBarrier();
      for (int half = 32; half > 0; half >>= 1) {
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
      for (int half = 32; half > 0; half >>= 1) {
        if (id < half) {
          shared[id] = shared[id] + shared[id + half];
        }
        c.localBarrier();
      }
      float shrink = TornadoMath.exp(largest - now);
      total = total * shrink + shared[0];
      largest = now;
      int count = keys - first;
      if (count > 64) {
        count = 64;
      }
      for (int d = id; d < size; d += 64) {
        float sum = sums[d] * shrink;
        for (int j = 0; j < count; j++) {
          sum += scores[j] * m.get(vAt + (first + j) * width + d);
        }
        sums[d] = sum;
      }
      c.localBarrier();
    }
    int outAt = p.get(10) + (batch * queries + row) * width + head * size;
    for (int d = id; d < size; d += 64) {
      m.set(outAt + d, sums[d] / total);
    }
    if (id == 0) {
      m.set(p.get(11) + (batch * heads + head) * queries + row, largest + TornadoMath.log(total));
    }
  }

  /** One work-item per batch, head and query: the sum of gradOut times out. */
  static void dnftAttentionDelta(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    int heads = p.get(0);
    int queries = p.get(1);
    int size = p.get(3);
    if (i < p.get(17) * heads * queries) {
      int row = i % queries;
      int head = i / queries % heads;
      int batch = i / queries / heads;
      int at = (batch * queries + row) * heads * size + head * size;
      float sum = 0f;
      for (int d = 0; d < size; d++) {
        sum += m.get(p.get(12) + at + d) * m.get(p.get(10) + at + d);
      }
      m.set(p.get(13) + i, sum);
    }
  }

  /** One group per batch, head and query. */
  static void dnftAttentionGradQ(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    float[] q = c.allocateFloatLocalArray(1024);
    float[] go = c.allocateFloatLocalArray(1024);
    float[] sums = c.allocateFloatLocalArray(1024);
    float[] slopes = c.allocateFloatLocalArray(64);
    int id = c.localIdx;
    int heads = p.get(0);
    int queries = p.get(1);
    int keys = p.get(2);
    int size = p.get(3);
    int width = heads * size;
    int row = c.groupIdx % queries;
    int head = c.groupIdx / queries % heads;
    int batch = c.groupIdx / queries / heads;
    int rowAt = (batch * queries + row) * width + head * size;
    int kAt = p.get(5) + batch * keys * width + head * size;
    int vAt = p.get(6) + batch * keys * width + head * size;
    int maskAt = p.get(7) + batch * p.get(8) + head * p.get(9) + row * keys;
    float scale = f.get(0);
    float lse = m.get(p.get(11) + (batch * heads + head) * queries + row);
    float delta = m.get(p.get(13) + (batch * heads + head) * queries + row);
    for (int d = id; d < size; d += 64) {
      q[d] = m.get(p.get(4) + rowAt + d);
      go[d] = m.get(p.get(12) + rowAt + d);
      sums[d] = 0f;
    }
    c.localBarrier();
    for (int first = 0; first < keys; first += 64) {
      int key = first + id;
      float slope = 0f;
      if (key < keys) {
        float dot = 0f;
        float pull = 0f;
        for (int d = 0; d < size; d++) {
          dot += q[d] * m.get(kAt + key * width + d);
          pull += go[d] * m.get(vAt + key * width + d);
        }
        float score = dot * scale;
        if (p.get(7) >= 0) {
          score = score + m.get(maskAt + key);
        }
        slope = TornadoMath.exp(score - lse) * (pull - delta) * scale;
      }
      slopes[id] = slope;
      c.localBarrier();
      int count = keys - first;
      if (count > 64) {
        count = 64;
      }
      for (int d = id; d < size; d += 64) {
        float sum = sums[d];
        for (int j = 0; j < count; j++) {
          sum += slopes[j] * m.get(kAt + (first + j) * width + d);
        }
        sums[d] = sum;
      }
      c.localBarrier();
    }
    for (int d = id; d < size; d += 64) {
      m.set(p.get(14) + rowAt + d, sums[d]);
    }
  }

  /** One group per batch, head and key. */
  static void dnftAttentionGradKV(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    float[] k = c.allocateFloatLocalArray(1024);
    float[] v = c.allocateFloatLocalArray(1024);
    float[] sumsK = c.allocateFloatLocalArray(1024);
    float[] sumsV = c.allocateFloatLocalArray(1024);
    float[] slopes = c.allocateFloatLocalArray(64);
    float[] weights = c.allocateFloatLocalArray(64);
    int id = c.localIdx;
    int heads = p.get(0);
    int queries = p.get(1);
    int keys = p.get(2);
    int size = p.get(3);
    int width = heads * size;
    int key = c.groupIdx % keys;
    int head = c.groupIdx / keys % heads;
    int batch = c.groupIdx / keys / heads;
    int keyAt = (batch * keys + key) * width + head * size;
    int rowsAt = batch * queries * width + head * size;
    int statisticsAt = (batch * heads + head) * queries;
    int maskAt = p.get(7) + batch * p.get(8) + head * p.get(9) + key;
    float scale = f.get(0);
    for (int d = id; d < size; d += 64) {
      k[d] = m.get(p.get(5) + keyAt + d);
      v[d] = m.get(p.get(6) + keyAt + d);
      sumsK[d] = 0f;
      sumsV[d] = 0f;
    }
    c.localBarrier();
    for (int first = 0; first < queries; first += 64) {
      int row = first + id;
      float slope = 0f;
      float weight = 0f;
      if (row < queries) {
        float dot = 0f;
        float pull = 0f;
        for (int d = 0; d < size; d++) {
          dot += k[d] * m.get(p.get(4) + rowsAt + row * width + d);
          pull += v[d] * m.get(p.get(12) + rowsAt + row * width + d);
        }
        float score = dot * scale;
        if (p.get(7) >= 0) {
          score = score + m.get(maskAt + row * keys);
        }
        weight = TornadoMath.exp(score - m.get(p.get(11) + statisticsAt + row));
        slope = weight * (pull - m.get(p.get(13) + statisticsAt + row)) * scale;
      }
      slopes[id] = slope;
      weights[id] = weight;
      c.localBarrier();
      int count = queries - first;
      if (count > 64) {
        count = 64;
      }
      for (int d = id; d < size; d += 64) {
        float sumK = sumsK[d];
        float sumV = sumsV[d];
        for (int j = 0; j < count; j++) {
          sumK += slopes[j] * m.get(p.get(4) + rowsAt + (first + j) * width + d);
          sumV += weights[j] * m.get(p.get(12) + rowsAt + (first + j) * width + d);
        }
        sumsK[d] = sumK;
        sumsV[d] = sumV;
      }
      c.localBarrier();
    }
    for (int d = id; d < size; d += 64) {
      m.set(p.get(15) + keyAt + d, sumsK[d]);
      m.set(p.get(16) + keyAt + d, sumsV[d]);
    }
  }
}
