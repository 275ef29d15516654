package org.diffusionnft.tests.models;

import java.util.List;
import java.util.function.Predicate;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Tensor;

/** A small model with every kind of layer, and inputs for it. */
final class TinyMmdit {
  static final int BATCH = 2;
  static final float[] TIMESTEPS = {700.5f, 31};

  private TinyMmdit() {}

  static MmditConfig config(Integer... dualAttentionLayers) {
    return new MmditConfig(
        8, 2, 3, 3, 6, 2, 10, 12, 7, 3, 5, List.of(dualAttentionLayers), QkNorm.RMS_NORM);
  }

  static Mmdit model(MmditConfig config, Device device, Predicate<String> trainable) {
    return Mmdit.load(
        config, new MmditInit(config, device, 3, MmditInit.Scheme.PYTORCH), trainable);
  }

  static Variable latents(Device device, int height, int width) {
    return Variable.constant(random(device, 1, BATCH, 3, height, width));
  }

  static Conditioning prompt(Device device) {
    return Conditioning.of(random(device, 2, BATCH, 4, 10), random(device, 3, BATCH, 7));
  }

  static Tensor random(Device device, long stream, long... dims) {
    long count = 1;
    for (long d : dims) {
      count *= d;
    }
    return Tensor.of(device, new Philox(5, stream).normals(0, (int) count), dims);
  }
}
