package org.diffusionnft.cli.bench;

import java.util.Arrays;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;

/** A model with random weights and random inputs. */
final class ModelInputs implements AutoCloseable {
  private final Mmdit model;
  private final Tensor latents;
  private final float[] timesteps;
  private final Tensor text;
  private final Tensor pooled;

  ModelInputs(Device device, ModelSize size, DType dtype) {
    MmditConfig config = size.config();
    this.model = Mmdit.load(config, new RandomWeights(config, device, dtype));
    RandomTensors random = new RandomTensors(device);
    int batch = size.batch();
    long side = size.latentSide();
    this.latents = random.uniform(DType.F32, 1, batch, config.inChannels(), side, side);
    this.text = random.uniform(DType.F32, 1, batch, size.context(), config.jointAttentionDim());
    this.pooled = random.uniform(DType.F32, 1, batch, config.pooledProjectionDim());
    this.timesteps = new float[batch];
    Arrays.fill(timesteps, 500);
  }

  Mmdit model() {
    return model;
  }

  /** The velocity. */
  Variable forward(ForwardPass pass) {
    return model.forward(
        Variable.constant(latents), timesteps, Conditioning.of(text, pooled), pass);
  }

  @Override
  public void close() {
    model.close();
    latents.release();
    text.release();
    pooled.release();
  }
}
