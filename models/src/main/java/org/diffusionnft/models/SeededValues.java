package org.diffusionnft.models;

import java.nio.charset.StandardCharsets;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Random initial values that depend only on a seed and the parameter's name, so that adding layers
 * does not change the values of others.
 */
public final class SeededValues {
  private final Philox philox;

  public SeededValues(long seed, String name) {
    this.philox = new Philox(seed, streamOf(name));
  }

  /** Normal with mean 0. */
  public Tensor normal(Device device, Shape shape, double std) {
    float[] values = philox.normals(0, Math.toIntExact(shape.elements()));
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) std;
    }
    return Tensor.of(device, values, shape.dims());
  }

  /** Uniform in [-bound, bound). */
  public Tensor uniform(Device device, Shape shape, double bound) {
    float[] values = philox.uniforms(0, Math.toIntExact(shape.elements()));
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2.0 * values[i] - 1) * bound);
    }
    return Tensor.of(device, values, shape.dims());
  }

  /** FNV-1a: spreads names over all streams, away from the small numbers that samplers use. */
  private static long streamOf(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }
}
