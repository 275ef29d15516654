package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device code for normalisations and softmax: one work-group per row, with sums through local
 * memory. Absent operands have the position {@link Arguments#NONE}.
 */
final class NormTasks {
  static final int CHANNELS = 0;
  static final int X = 1;

  /** May be absent. */
  static final int WEIGHT = 2;

  /** May be absent. */
  static final int BIAS = 3;

  static final int OUT = 4;

  /** One value per row; absent for RMS norm. */
  static final int MEAN = 5;

  /** One value per row. */
  static final int RSTD = 6;

  /** Number of rows that share one row of the weight. */
  static final int WEIGHT_ROWS = 7;

  /** Number of rows that share one row of the bias. */
  static final int BIAS_ROWS = 8;

  static final int GRAD_OUT = 9;
  static final int GRAD_X = 10;

  /** The gradient of the weight or the bias. */
  static final int GRADIENT = 11;

  static final int GRADIENT_ELEMENTS = 12;

  /** Number of rows of x that contribute to one row of the gradient. */
  static final int GRADIENT_ROWS = 13;

  /** Whether this is the weight's gradient. */
  static final int OF_WEIGHT = 14;

  static final int SLOTS = 15;

  /** The slot of {@code f}. */
  static final int EPS = 0;

  /** Work-items per group. */
  static final int GROUP = 64;

  private NormTasks() {}

  /**
   * Sums one value per work-item; every work-item gets the sum. The local memory is allocated here,
   * because TornadoVM's PTX and CUDA backends misindex an array passed to a method.
   */
  private static float sum(KernelContext c, int id, float part) {
    float[] shared = c.allocateFloatLocalArray(GROUP);
    shared[id] = part;
    c.localBarrier();
    for (int half = GROUP / 2; half > 0; half >>= 1) {
      if (id < half) {
        shared[id] = shared[id] + shared[id + half];
      }
      c.localBarrier();
    }
    float all = shared[0];
    c.localBarrier();
    return all;
  }

  /** Deviations from a first mean are averaged again, so rows far from 0 keep their precision. */
  static void dnftLayerNorm(KernelContext c, FloatArray m, IntArray p, int call) {
    int id = c.localIdx;
    int row = c.groupIdx;
    int channels = p.get(call + CHANNELS);
    int xAt = p.get(call + X) + row * channels;
    float part = 0f;
    for (int i = id; i < channels; i += GROUP) {
      part += m.get(xAt + i);
    }
    float mean = sum(c, id, part) / channels;
    float parts = 0f;
    float squares = 0f;
    for (int i = id; i < channels; i += GROUP) {
      float d = m.get(xAt + i) - mean;
      parts += d;
      squares += d * d;
    }
    float rest = sum(c, id, parts) / channels;
    float variance = sum(c, id, squares) / channels - rest * rest;
    float rstd = 1f / TornadoMath.sqrt(variance + Scalars.argument(m, p, call, EPS));
    for (int i = id; i < channels; i += GROUP) {
      float v = (m.get(xAt + i) - mean - rest) * rstd;
      if (p.get(call + WEIGHT) != Arguments.NONE) {
        v = v * m.get(p.get(call + WEIGHT) + row / p.get(call + WEIGHT_ROWS) * channels + i);
      }
      if (p.get(call + BIAS) != Arguments.NONE) {
        v = v + m.get(p.get(call + BIAS) + row / p.get(call + BIAS_ROWS) * channels + i);
      }
      m.set(p.get(call + OUT) + row * channels + i, v);
    }
    if (id == 0) {
      m.set(p.get(call + MEAN) + row, mean + rest);
      m.set(p.get(call + RSTD) + row, rstd);
    }
  }

  static void dnftRmsNorm(KernelContext c, FloatArray m, IntArray p, int call) {
    int id = c.localIdx;
    int row = c.groupIdx;
    int channels = p.get(call + CHANNELS);
    int xAt = p.get(call + X) + row * channels;
    float squares = 0f;
    for (int i = id; i < channels; i += GROUP) {
      float x = m.get(xAt + i);
      squares += x * x;
    }
    float rstd =
        1f / TornadoMath.sqrt(sum(c, id, squares) / channels + Scalars.argument(m, p, call, EPS));
    for (int i = id; i < channels; i += GROUP) {
      float v = m.get(xAt + i) * rstd;
      if (p.get(call + WEIGHT) != Arguments.NONE) {
        v = v * m.get(p.get(call + WEIGHT) + i);
      }
      m.set(p.get(call + OUT) + row * channels + i, v);
    }
    if (id == 0) {
      m.set(p.get(call + RSTD) + row, rstd);
    }
  }

  /** The gradient with respect to x: layer norm's, or RMS norm's where there is no mean. */
  static void dnftNormGradX(KernelContext c, FloatArray m, IntArray p, int call) {
    int id = c.localIdx;
    int row = c.groupIdx;
    int channels = p.get(call + CHANNELS);
    int at = row * channels;
    float mean = 0f;
    if (p.get(call + MEAN) != Arguments.NONE) {
      mean = m.get(p.get(call + MEAN) + row);
    }
    float rstd = m.get(p.get(call + RSTD) + row);
    int weightAt = p.get(call + WEIGHT) + row / p.get(call + WEIGHT_ROWS) * channels;
    float gs = 0f;
    float gns = 0f;
    for (int i = id; i < channels; i += GROUP) {
      float g = m.get(p.get(call + GRAD_OUT) + at + i);
      if (p.get(call + WEIGHT) != Arguments.NONE) {
        g = g * m.get(weightAt + i);
      }
      gs += g;
      gns += g * (m.get(p.get(call + X) + at + i) - mean) * rstd;
    }
    float meanG = sum(c, id, gs) / channels;
    float meanGn = sum(c, id, gns) / channels;
    if (p.get(call + MEAN) == Arguments.NONE) {
      meanG = 0f;
    }
    for (int i = id; i < channels; i += GROUP) {
      float g = m.get(p.get(call + GRAD_OUT) + at + i);
      if (p.get(call + WEIGHT) != Arguments.NONE) {
        g = g * m.get(weightAt + i);
      }
      float n = (m.get(p.get(call + X) + at + i) - mean) * rstd;
      m.set(p.get(call + GRAD_X) + at + i, rstd * (g - meanG - n * meanGn));
    }
  }

  /** The gradient of the weight or the bias: one work-item for each of its elements. */
  static void dnftNormGradAffine(KernelContext c, FloatArray m, IntArray p, int call) {
    int id = c.globalIdx;
    int channels = p.get(call + CHANNELS);
    int rows = p.get(call + GRADIENT_ROWS);
    if (id < p.get(call + GRADIENT_ELEMENTS)) {
      int channel = id % channels;
      int first = id / channels * rows;
      float total = 0f;
      float lost = 0f;
      for (int row = first; row < first + rows; row++) {
        float v = m.get(p.get(call + GRAD_OUT) + row * channels + channel);
        if (p.get(call + OF_WEIGHT) != 0) {
          float x = m.get(p.get(call + X) + row * channels + channel);
          if (p.get(call + MEAN) != Arguments.NONE) {
            x = x - m.get(p.get(call + MEAN) + row);
          }
          v = v * x * m.get(p.get(call + RSTD) + row);
        }
        float y = v - lost;
        float next = total + y;
        lost = (next - total) - y;
        total = next;
      }
      m.set(p.get(call + GRADIENT) + id, total);
    }
  }

  static void dnftSoftmax(KernelContext c, FloatArray m, IntArray p, int call) {
    float[] shared = c.allocateFloatLocalArray(GROUP);
    int id = c.localIdx;
    int channels = p.get(call + CHANNELS);
    int xAt = p.get(call + X) + c.groupIdx * channels;
    int outAt = p.get(call + OUT) + c.groupIdx * channels;
    float own = -3.4e38f;
    for (int i = id; i < channels; i += GROUP) {
      float x = m.get(xAt + i);
      if (x > own) {
        own = x;
      }
    }
    shared[id] = own;
    c.localBarrier();
    for (int half = GROUP / 2; half > 0; half >>= 1) {
      if (id < half) {
        if (shared[id + half] > shared[id]) {
          shared[id] = shared[id + half];
        }
      }
      c.localBarrier();
    }
    float largest = shared[0];
    c.localBarrier();
    float part = 0f;
    for (int i = id; i < channels; i += GROUP) {
      part += Scalars.exponential(m.get(xAt + i) - largest);
    }
    float total = sum(c, id, part);
    for (int i = id; i < channels; i += GROUP) {
      m.set(outAt + i, Scalars.exponential(m.get(xAt + i) - largest) / total);
    }
  }

  static void dnftSoftmaxGrad(KernelContext c, FloatArray m, IntArray p, int call) {
    int id = c.localIdx;
    int channels = p.get(call + CHANNELS);
    int at = c.groupIdx * channels;
    float products = 0f;
    float parts = 0f; // not exactly 1, because the stored probabilities are rounded
    for (int i = id; i < channels; i += GROUP) {
      float y = m.get(p.get(call + OUT) + at + i);
      products += y * m.get(p.get(call + GRAD_OUT) + at + i);
      parts += y;
    }
    float mean = sum(c, id, products);
    mean = mean / sum(c, id, parts);
    for (int i = id; i < channels; i += GROUP) {
      float g = m.get(p.get(call + GRAD_OUT) + at + i) - mean;
      m.set(p.get(call + GRAD_X) + at + i, m.get(p.get(call + OUT) + at + i) * g);
    }
  }
}
