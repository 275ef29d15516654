package org.diffusionnft.models.text;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * How Stable Diffusion 3 combines three text encoders (Esser et al., arXiv 2403.03206, section 4):
 * the tokens of both CLIP encoders are concatenated along channels and zero-padded to T5's width,
 * followed by T5's tokens.
 */
public final class PromptEmbedding {
  private PromptEmbedding() {}

  /**
   * Joins the encoders' outputs.
   *
   * @param clipL of CLIP-L, {@code [B, 77, 768]} in the published models
   * @param clipG of OpenCLIP bigG, {@code [B, 77, 1280]}
   * @param t5 {@code [B, S, 4096]}
   * @return text {@code [B, 77 + S, 4096]} and pooled {@code [B, 2048]}
   * @throws IllegalArgumentException if the CLIP encoders together are wider than T5
   */
  public static Conditioning join(
      ClipTextEncoder.Output clipL, ClipTextEncoder.Output clipG, Variable t5) {
    Variable clip = Variable.concat(2, clipL.penultimate(), clipG.penultimate());
    long room = t5.dim(2) - clip.dim(2);
    if (room < 0) {
      throw new IllegalArgumentException(
          "the CLIP encoders are "
              + clip.dim(2)
              + " wide together, T5 only "
              + t5.dim(2)
              + ": these are not the encoders of one model");
    }
    return new Conditioning(
        Variable.concat(1, clip.pad(2, 0, room), t5),
        Variable.concat(1, clipL.pooled(), clipG.pooled()));
  }

  /** Zeros that replace T5's output when the model is run without T5. */
  public static Variable withoutT5(Device device, long prompts, long tokens, long width) {
    return Variable.constant(Tensor.zeros(device, DType.F32, Shape.of(prompts, tokens, width)));
  }
}
