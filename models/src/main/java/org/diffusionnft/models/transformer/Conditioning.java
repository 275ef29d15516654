package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Tensor;

/**
 * The prompt embedding that conditions the model.
 *
 * @param text one embedding per token, {@code [B, S, J]} with J the {@code joint_attention_dim}
 * @param pooled one embedding per prompt, {@code [B, P]} with P the {@code pooled_projection_dim}
 */
public record Conditioning(Variable text, Variable pooled) {

  /** Embeddings without gradients. */
  public static Conditioning of(Tensor text, Tensor pooled) {
    return new Conditioning(Variable.constant(text), Variable.constant(pooled));
  }
}
