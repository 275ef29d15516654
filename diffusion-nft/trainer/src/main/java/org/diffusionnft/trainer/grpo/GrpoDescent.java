package org.diffusionnft.trainer.grpo;

import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One forward and backward pass of Flow-GRPO: the policy's prediction (with guidance if sampling
 * used it), the reference's, the loss, and its gradient. The unconditional half of a guided
 * prediction is detached, as in the reference code.
 *
 * @param model the frozen base
 * @param loss the loss
 * @param guidance the classifier-free guidance of sampling
 */
public record GrpoDescent(Mmdit model, PathLoss loss, Guidance guidance) {
  /**
   * The inputs of the predictions.
   *
   * @param timesteps one per sample, {@code [B]}
   * @param latents shape of the batch, {@code [B, C, H, W]}
   * @param prompts B
   * @param empty the unconditional prompt, B times; required with guidance
   */
  public record Place(
      float[] timesteps, Shape latents, Conditioning prompts, @Nullable Conditioning empty) {}

  /**
   * Adds a share of the gradient.
   *
   * @param pass the forward pass, with the adapter in training
   * @param share factor on the gradient
   * @throws IllegalArgumentException if there is guidance and no unconditional prompt
   */
  public GrpoLoss.Outcome descend(
      Place place, GrpoLoss.Sampled sampled, ForwardPass pass, double share, Gradients gradients) {
    Variable x =
        Variable.constant(Tensor.of(model.device(), sampled.latents(), place.latents.dims()));
    float @Nullable [] reference =
        loss.klWeight() > 0
            ? guided(place, x, forward(place, x, ForwardPass.BASE).value(), ForwardPass.BASE)
            : null;
    Tape tape = new Tape();
    Variable predicted = tape.record(() -> forward(place, x, pass));
    float[] velocity = guided(place, x, predicted.value(), pass);
    GrpoLoss.Outcome outcome = loss.evaluate(sampled, velocity, reference);
    float[] seed = outcome.gradient().clone();
    for (int i = 0; i < seed.length; i++) {
      seed[i] *= (float) (guidance.scale() * share);
    }
    tape.backward(predicted, Tensor.of(model.device(), seed, place.latents.dims()), gradients);
    return outcome;
  }

  private Variable forward(Place place, Variable x, ForwardPass pass) {
    return model.forward(x, place.timesteps, place.prompts, pass);
  }

  private float[] guided(Place place, Variable x, Tensor conditional, ForwardPass pass) {
    if (guidance.isNone()) {
      return conditional.toFloats();
    }
    if (place.empty == null) {
      throw new IllegalArgumentException("guidance needs the unconditional prompt");
    }
    Tensor u = model.forward(x, place.timesteps, place.empty, pass).value();
    return guidance.apply(u, conditional).toFloats();
  }
}
