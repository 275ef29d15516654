package org.diffusionnft.models.clip;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.tensor.Shape;

/** The tensors of a CLIP image encoder, as transformers' {@code CLIPModel} names them. */
public final class ClipVisionLayout {
  /** The projection of the picture's embedding. */
  public static final String PROJECTION = "visual_projection.weight";

  /** What old checkpoints hold besides and nobody needs. */
  public static final Set<String> IGNORED = Set.of("vision_model.embeddings.position_ids");

  static final String CLASS = "vision_model.embeddings.class_embedding";
  static final String PATCHES = "vision_model.embeddings.patch_embedding.weight";
  static final String POSITIONS = "vision_model.embeddings.position_embedding.weight";

  /** Spelt like this in the library that writes the files, and so in all of them. */
  static final String PRE_NORM = "vision_model.pre_layrnorm";

  static final String POST_NORM = "vision_model.post_layernorm";

  private static final int CHANNELS = 3;

  private ClipVisionLayout() {}

  /** Every parameter. */
  public static SequencedMap<String, Shape> parameters(ClipVisionConfig config) {
    SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
    long width = config.hiddenSize();
    long patch = config.patchSize();
    shapes.put(CLASS, Shape.of(width));
    shapes.put(PATCHES, Shape.of(width, CHANNELS, patch, patch));
    shapes.put(POSITIONS, Shape.of(config.tokens(), width));
    norm(shapes, PRE_NORM, width);
    for (int i = 0; i < config.numLayers(); i++) {
      String layer = layer(i);
      for (String projection : new String[] {"k_proj", "v_proj", "q_proj", "out_proj"}) {
        linear(shapes, layer + ".self_attn." + projection, width, width);
      }
      norm(shapes, layer + ".layer_norm1", width);
      linear(shapes, layer + ".mlp.fc1", width, config.intermediateSize());
      linear(shapes, layer + ".mlp.fc2", config.intermediateSize(), width);
      norm(shapes, layer + ".layer_norm2", width);
    }
    norm(shapes, POST_NORM, width);
    shapes.put(PROJECTION, Shape.of(config.projectionDim(), width));
    return Collections.unmodifiableSequencedMap(shapes);
  }

  static String layer(int index) {
    return "vision_model.encoder.layers." + index;
  }

  private static void linear(SequencedMap<String, Shape> shapes, String name, long in, long out) {
    shapes.put(name + ".weight", Shape.of(out, in));
    shapes.put(name + ".bias", Shape.of(out));
  }

  private static void norm(SequencedMap<String, Shape> shapes, String name, long width) {
    shapes.put(name + ".weight", Shape.of(width));
    shapes.put(name + ".bias", Shape.of(width));
  }
}
