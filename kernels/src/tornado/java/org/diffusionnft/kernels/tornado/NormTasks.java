package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device code of normalisations and softmax: a work-group of 64 a row, sums through local memory.
 * Absent operands have the position -1.
 */
final class NormTasks {
  /** Work-items of a group. */
  static final int GROUP = 64;

  private NormTasks() {}

  /**
   * Adds one number of each work-item; every work-item gets the sum. The local memory is its own:
   * TornadoVM's PTX and CUDA backends index an array that was handed to a method wrongly.
   */
  private static float sum(KernelContext c, int id, float part) {
    float[] shared = c.allocateFloatLocalArray(64);
    shared[id] = part;
    c.localBarrier();
    for (int half = 32; half > 0; half >>= 1) {
      if (id < half) {
        shared[id] = shared[id] + shared[id + half];
      }
      c.localBarrier();
    }
    float all = shared[0];
    c.localBarrier();
    return all;
  }

  /**
   * Deviations from a first mean are averaged again: rows far from 0 keep their digits.
   *
   * <p>{@code p}: 0 channels, 1 x, 2 weight, 3 bias, 4 out, 5 mean, 6 rstd, 7 and 8 rows that a
   * group of the weight and of the bias serves; {@code f}: eps.
   */
  static void dnftLayerNorm(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    int id = c.localIdx;
    int row = c.groupIdx;
    int channels = p.get(0);
    int xAt = p.get(1) + row * channels;
    float part = 0f;
    for (int i = id; i < channels; i += 64) {
      part += m.get(xAt + i);
    }
    float mean = sum(c, id, part) / channels;
    float parts = 0f;
    float squares = 0f;
    for (int i = id; i < channels; i += 64) {
      float d = m.get(xAt + i) - mean;
      parts += d;
      squares += d * d;
    }
    float rest = sum(c, id, parts) / channels;
    float variance = sum(c, id, squares) / channels - rest * rest;
    float rstd = 1f / TornadoMath.sqrt(variance + f.get(0));
    for (int i = id; i < channels; i += 64) {
      float v = (m.get(xAt + i) - mean - rest) * rstd;
      if (p.get(2) >= 0) {
        v = v * m.get(p.get(2) + row / p.get(7) * channels + i);
      }
      if (p.get(3) >= 0) {
        v = v + m.get(p.get(3) + row / p.get(8) * channels + i);
      }
      m.set(p.get(4) + row * channels + i, v);
    }
    if (id == 0) {
      m.set(p.get(5) + row, mean + rest);
      m.set(p.get(6) + row, rstd);
    }
  }

  /** {@code p}: 0 channels, 1 x, 2 weight, 3 out, 4 rstd; {@code f}: eps. */
  static void dnftRmsNorm(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    int id = c.localIdx;
    int row = c.groupIdx;
    int channels = p.get(0);
    int xAt = p.get(1) + row * channels;
    float squares = 0f;
    for (int i = id; i < channels; i += 64) {
      float x = m.get(xAt + i);
      squares += x * x;
    }
    float rstd = 1f / TornadoMath.sqrt(sum(c, id, squares) / channels + f.get(0));
    for (int i = id; i < channels; i += 64) {
      float v = m.get(xAt + i) * rstd;
      if (p.get(2) >= 0) {
        v = v * m.get(p.get(2) + i);
      }
      m.set(p.get(3) + row * channels + i, v);
    }
    if (id == 0) {
      m.set(p.get(4) + row, rstd);
    }
  }

  /**
   * The gradient of both norms with respect to x; without a mean it is RMS norm's.
   *
   * <p>{@code p}: 0 channels, 1 x, 2 weight, 3 mean, 4 rstd, 5 gradOut, 6 gradX, 7 rows that a
   * group of the weight serves.
   */
  static void dnftNormGradX(KernelContext c, FloatArray m, IntArray p) {
    int id = c.localIdx;
    int row = c.groupIdx;
    int channels = p.get(0);
    int at = row * channels;
    float mean = 0f;
    if (p.get(3) >= 0) {
      mean = m.get(p.get(3) + row);
    }
    float rstd = m.get(p.get(4) + row);
    int weightAt = p.get(2) + row / p.get(7) * channels;
    float gs = 0f;
    float gns = 0f;
    for (int i = id; i < channels; i += 64) {
      float g = m.get(p.get(5) + at + i);
      if (p.get(2) >= 0) {
        g = g * m.get(weightAt + i);
      }
      gs += g;
      gns += g * (m.get(p.get(1) + at + i) - mean) * rstd;
    }
    float meanG = sum(c, id, gs) / channels;
    float meanGn = sum(c, id, gns) / channels;
    if (p.get(3) < 0) {
      meanG = 0f;
    }
    for (int i = id; i < channels; i += 64) {
      float g = m.get(p.get(5) + at + i);
      if (p.get(2) >= 0) {
        g = g * m.get(weightAt + i);
      }
      float n = (m.get(p.get(1) + at + i) - mean) * rstd;
      m.set(p.get(6) + at + i, rstd * (g - meanG - n * meanGn));
    }
  }

  /**
   * Gradients of weight and bias, one work-item a group and channel.
   *
   * <p>{@code p}: 0 channels, 1 x, 2 mean, 3 rstd, 4 gradOut, 5 gradient, 6 rows of a group, 7
   * elements of the gradient, 8 whether it is the weight's.
   */
  static void dnftNormGradAffine(KernelContext c, FloatArray m, IntArray p) {
    int id = c.globalIdx;
    int channels = p.get(0);
    int rows = p.get(6);
    if (id < p.get(7)) {
      int channel = id % channels;
      int first = id / channels * rows;
      float total = 0f;
      float lost = 0f;
      for (int row = first; row < first + rows; row++) {
        float v = m.get(p.get(4) + row * channels + channel);
        if (p.get(8) != 0) {
          float x = m.get(p.get(1) + row * channels + channel);
          if (p.get(2) >= 0) {
            x = x - m.get(p.get(2) + row);
          }
          v = v * x * m.get(p.get(3) + row);
        }
        float y = v - lost;
        float next = total + y;
        lost = (next - total) - y;
        total = next;
      }
      m.set(p.get(5) + id, total);
    }
  }

  /** {@code p}: 0 channels, 1 x, 2 out. */
  static void dnftSoftmax(KernelContext c, FloatArray m, IntArray p) {
    float[] shared = c.allocateFloatLocalArray(64);
    int id = c.localIdx;
    int channels = p.get(0);
    int xAt = p.get(1) + c.groupIdx * channels;
    int outAt = p.get(2) + c.groupIdx * channels;
    float own = -3.4e38f;
    for (int i = id; i < channels; i += 64) {
      float x = m.get(xAt + i);
      if (x > own) {
        own = x;
      }
    }
    shared[id] = own;
    c.localBarrier();
    for (int half = 32; half > 0; half >>= 1) {
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
    for (int i = id; i < channels; i += 64) {
      part += Scalars.exponential(m.get(xAt + i) - largest);
    }
    float total = sum(c, id, part);
    for (int i = id; i < channels; i += 64) {
      m.set(outAt + i, Scalars.exponential(m.get(xAt + i) - largest) / total);
    }
  }

  /** {@code p}: 0 channels, 1 out, 2 gradOut, 3 gradX. */
  static void dnftSoftmaxGrad(KernelContext c, FloatArray m, IntArray p) {
    int id = c.localIdx;
    int channels = p.get(0);
    int at = c.groupIdx * channels;
    float products = 0f;
    float parts = 0f; // not quite 1: the stored probabilities are rounded
    for (int i = id; i < channels; i += 64) {
      float y = m.get(p.get(1) + at + i);
      products += y * m.get(p.get(2) + at + i);
      parts += y;
    }
    float mean = sum(c, id, products);
    mean = mean / sum(c, id, parts);
    for (int i = id; i < channels; i += 64) {
      float g = m.get(p.get(2) + at + i) - mean;
      m.set(p.get(3) + at + i, m.get(p.get(1) + at + i) * g);
    }
  }
}
