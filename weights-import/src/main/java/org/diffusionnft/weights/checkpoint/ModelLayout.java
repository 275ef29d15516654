package org.diffusionnft.weights.checkpoint;

import java.util.Map;
import org.diffusionnft.weights.singlefile.SingleFile.Part;

/** The folder layout of diffusers' {@code StableDiffusion3Pipeline}. */
final class ModelLayout {
  /** Names the class of the pipeline and of each part. */
  static final String INDEX = "model_index.json";

  /** The configuration of a part. */
  static final String CONFIG = "config.json";

  /** The noise schedule. */
  static final String SCHEDULER = "scheduler/scheduler_config.json";

  private static final Map<Part, String> FOLDERS =
      Map.of(
          Part.TRANSFORMER, "transformer",
          Part.VAE, "vae",
          Part.CLIP_L, "text_encoder",
          Part.CLIP_G, "text_encoder_2",
          Part.T5, "text_encoder_3");

  private static final Map<Part, String> TOKENIZERS =
      Map.of(Part.CLIP_L, "tokenizer", Part.CLIP_G, "tokenizer_2", Part.T5, "tokenizer_3");

  private ModelLayout() {}

  /** The folder of a part. */
  static String folder(Part part) {
    return FOLDERS.getOrDefault(part, "");
  }

  /** The folder of a text encoder's tokenizer. */
  static String tokenizer(Part part) {
    return TOKENIZERS.getOrDefault(part, "");
  }

  /** The base name of a part's tensor files, without suffix. */
  static String base(Part part) {
    return switch (part) {
      case TRANSFORMER, VAE -> "diffusion_pytorch_model";
      case CLIP_L, CLIP_G, T5 -> "model";
    };
  }
}
