package org.diffusionnft.verify;

import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;

/** Mixes images with noise, and two predictions. */
final class ForwardProcess {
  private ForwardProcess() {}

  /**
   * {@code (1 - t) x0 + t noise} on a device.
   *
   * @param x0 {@code [B, ..]}
   * @param t {@code [B]}
   */
  static Tensor noised(Tensor x0, Tensor noise, float[] t, Device device) {
    float[] rest = new float[t.length];
    for (int b = 0; b < t.length; b++) {
      rest[b] = 1 - t[b];
    }
    long[] dims = new long[x0.shape().rank()];
    java.util.Arrays.fill(dims, 1);
    dims[0] = t.length;
    return Elementwise.add(
        Elementwise.mul(Tensor.of(device, rest, dims), x0),
        Elementwise.mul(Tensor.of(device, t, dims), noise));
  }

  /** {@code u + scale (c - u)}: a guided prediction, in float32. */
  static float[] guided(float[] unconditional, float[] conditional, double scale) {
    float[] out = new float[conditional.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = unconditional[i] + (float) scale * (conditional[i] - unconditional[i]);
    }
    return out;
  }
}
