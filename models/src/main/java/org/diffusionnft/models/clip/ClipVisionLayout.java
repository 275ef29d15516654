package org.diffusionnft.models.clip;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.models.text.ClipLayer;
import org.diffusionnft.tensor.Shape;

/** The tensors of a CLIP image encoder, as transformers' {@code CLIPModel} names them. */
public final class ClipVisionLayout {
  /** The projection of the image embedding. */
  public static final String PROJECTION = "visual_projection.weight";

  /** Tensors in old checkpoints that are not used. */
  public static final Set<String> IGNORED = Set.of("vision_model.embeddings.position_ids");

  static final String CLASS = "vision_model.embeddings.class_embedding";
  static final String PATCHES = "vision_model.embeddings.patch_embedding.weight";
  static final String POSITIONS = "vision_model.embeddings.position_embedding.weight";

  /** The misspelling comes from the library that writes the files, so all of them have it. */
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
    ClipLayer.addNorm(shapes, PRE_NORM, width);
    for (int i = 0; i < config.numLayers(); i++) {
      ClipLayer.addShapes(shapes, layer(i), width, config.intermediateSize());
    }
    ClipLayer.addNorm(shapes, POST_NORM, width);
    shapes.put(PROJECTION, Shape.of(config.projectionDim(), width));
    return Collections.unmodifiableSequencedMap(shapes);
  }

  static String layer(int index) {
    return "vision_model.encoder.layers." + index;
  }
}
