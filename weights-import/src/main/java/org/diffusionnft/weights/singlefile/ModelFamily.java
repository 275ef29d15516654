package org.diffusionnft.weights.singlefile;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** Guesses the kind of model from a file's tensor names, for messages about a wrong file. */
public final class ModelFamily {
  /** Parts of names in the order in which they are searched, most specific first. */
  private static final List<Map.Entry<String, String>> MARKS =
      List.of(
          Map.entry("joint_blocks.", "a Stable Diffusion 3 transformer in Stability AI's layout"),
          Map.entry(".attn.add_q_proj.lora_", "a LoRA adapter of an MMDiT"),
          Map.entry("lora_A.", "a LoRA adapter"),
          Map.entry("lora_down.", "a LoRA adapter"),
          Map.entry("single_transformer_blocks.", "FLUX.1"),
          Map.entry("double_blocks.", "FLUX.1"),
          Map.entry("transformer_blocks.0.attn.add_q_proj", "a Stable Diffusion 3 transformer"),
          Map.entry("conditioner.embedders.1.", "Stable Diffusion XL"),
          Map.entry("add_embedding.linear_1", "Stable Diffusion XL"),
          Map.entry("diffusion_model.input_blocks.", "Stable Diffusion 1 or 2"),
          Map.entry("down_blocks.0.attentions.0.transformer_blocks", "Stable Diffusion 1 or 2"),
          Map.entry("adaln_single.", "PixArt"),
          Map.entry("caption_projection.", "PixArt or Sana"),
          Map.entry("decoder.mid_block.", "an autoencoder"),
          Map.entry("decoder.mid.block_1", "an autoencoder in Stability AI's layout"),
          Map.entry("SelfAttention.relative_attention_bias", "a T5 text encoder"),
          Map.entry("vision_model.", "a CLIP model with its image encoder"),
          Map.entry("text_model.encoder.layers.", "a CLIP text encoder"),
          Map.entry("model.layers.0.self_attn", "a language model"));

  private ModelFamily() {}

  /**
   * The guess as a phrase, {@code it looks like ...}.
   *
   * @param names of tensors
   */
  public static String sentence(Set<String> names) {
    for (Map.Entry<String, String> mark : MARKS) {
      if (names.stream().anyMatch(n -> n.contains(mark.getKey()))) {
        return "it looks like " + mark.getValue();
      }
    }
    return names.isEmpty()
        ? "it has no tensors"
        : "its " + names.size() + " tensors look like no model known here";
  }
}
