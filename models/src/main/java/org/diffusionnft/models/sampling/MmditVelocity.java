package org.diffusionnft.models.sampling;

import java.util.Arrays;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.tensor.Tensor;

/**
 * The velocity that a model predicts for a prompt.
 *
 * @param model predicts it
 * @param prompt one entry per entry of the batch
 * @param pass selects the adapter
 * @param timesteps how noise levels are mapped to timesteps
 */
public record MmditVelocity(Mmdit model, Conditioning prompt, ForwardPass pass, Timesteps timesteps)
    implements Velocity {

  /** How a noise level is mapped to the model's timestep. */
  public enum Timesteps {
    /** {@code 1000 σ}, as in diffusers and Flow-GRPO. */
    EXACT,
    /** {@code 1000 σ} truncated to an integer, as in DiffusionNFT's sampler. */
    TRUNCATED;

    float of(float sigma) {
      float timestep = sigma * FlowMatchSchedule.TRAIN_TIMESTEPS;
      return this == TRUNCATED ? (float) (long) timestep : timestep;
    }
  }

  @Override
  public Tensor at(Tensor latents, int step, float sigma) {
    float[] all = new float[(int) latents.dim(0)];
    Arrays.fill(all, timesteps.of(sigma));
    return model.forward(Variable.constant(latents), all, prompt, pass).value();
  }
}
