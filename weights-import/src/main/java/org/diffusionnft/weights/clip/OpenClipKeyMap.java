package org.diffusionnft.weights.clip;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.weights.RenamedTensors;

/**
 * Maps transformers' names of CLIP's tensors to OpenCLIP's. An OpenCLIP tensor may hold three of
 * ours (stacked queries, keys and values), or be transposed (the projections).
 */
final class OpenClipKeyMap {
  private static final String[][] SINGLE = {
    {"logit_scale", "logit_scale"},
    {"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
    {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
    {"text_model.final_layer_norm.weight", "ln_final.weight"},
    {"text_model.final_layer_norm.bias", "ln_final.bias"},
    {"vision_model.embeddings.class_embedding", "visual.class_embedding"},
    {"vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"},
    {"vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"},
    {"vision_model.pre_layrnorm.weight", "visual.ln_pre.weight"},
    {"vision_model.pre_layrnorm.bias", "visual.ln_pre.bias"},
    {"vision_model.post_layernorm.weight", "visual.ln_post.weight"},
    {"vision_model.post_layernorm.bias", "visual.ln_post.bias"},
  };

  private static final String[][] IN_LAYERS = {
    {"layer_norm1", "ln_1"},
    {"layer_norm2", "ln_2"},
    {"self_attn.out_proj", "attn.out_proj"},
    {"mlp.fc1", "mlp.c_fc"},
    {"mlp.fc2", "mlp.c_proj"},
  };

  private static final String[] STACKED = {"q_proj", "k_proj", "v_proj"};

  private OpenClipKeyMap() {}

  /**
   * The origin of a tensor.
   *
   * @param name in OpenCLIP
   * @param third the third of its rows that is used, or -1 for all
   * @param transposed whether rows and columns are swapped
   */
  record Origin(String name, int third, boolean transposed) implements RenamedTensors.Named {}

  /** Whether these are OpenCLIP's names. */
  static boolean isOpenClip(Set<String> names) {
    return names.contains("visual.conv1.weight")
        && names.contains("transformer.resblocks.0.ln_1.weight");
  }

  /** The available tensors, by their names in transformers. */
  static Map<String, Origin> origins(Set<String> names) {
    Map<String, Origin> origins = new LinkedHashMap<>();
    for (String[] pair : SINGLE) {
      put(origins, names, pair[0], new Origin(pair[1], -1, false));
    }
    put(origins, names, "text_projection.weight", new Origin("text_projection", -1, true));
    put(origins, names, "visual_projection.weight", new Origin("visual.proj", -1, true));
    layers(origins, names, "text_model.encoder.layers.", "transformer.resblocks.");
    layers(origins, names, "vision_model.encoder.layers.", "visual.transformer.resblocks.");
    return origins;
  }

  private static void layers(
      Map<String, Origin> origins, Set<String> names, String ours, String theirs) {
    for (int i = 0; names.contains(theirs + i + ".ln_1.weight"); i++) {
      for (String kind : new String[] {"weight", "bias"}) {
        for (int third = 0; third < STACKED.length; third++) {
          Origin origin = new Origin(theirs + i + ".attn.in_proj_" + kind, third, false);
          put(origins, names, ours + i + ".self_attn." + STACKED[third] + "." + kind, origin);
        }
        for (String[] pair : IN_LAYERS) {
          Origin origin = new Origin(theirs + i + "." + pair[1] + "." + kind, -1, false);
          put(origins, names, ours + i + "." + pair[0] + "." + kind, origin);
        }
      }
    }
  }

  private static void put(
      Map<String, Origin> origins, Set<String> names, String name, Origin origin) {
    if (names.contains(origin.name())) {
      origins.put(name, origin);
    }
  }
}
