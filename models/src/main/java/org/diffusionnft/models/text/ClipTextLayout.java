package org.diffusionnft.models.text;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.tensor.Shape;

/** The tensors of a CLIP text encoder, as transformers' {@code CLIPTextModelWithProjection}. */
public final class ClipTextLayout {
  /**
   * The projection of the pooled embedding; without it in the checkpoint, there is no projection.
   */
  public static final String PROJECTION = "text_projection.weight";

  /** Tensors in old checkpoints that are not used. */
  public static final Set<String> IGNORED =
      Set.of("text_model.embeddings.position_ids", "logit_scale");

  static final String TOKENS = "text_model.embeddings.token_embedding.weight";
  static final String POSITIONS = "text_model.embeddings.position_embedding.weight";

  private ClipTextLayout() {}

  /** All parameters, including the projection. */
  public static SequencedMap<String, Shape> parameters(ClipTextConfig config) {
    SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
    long width = config.hiddenSize();
    shapes.put(TOKENS, Shape.of(config.vocabSize(), width));
    shapes.put(POSITIONS, Shape.of(config.maxPositions(), width));
    for (int i = 0; i < config.numLayers(); i++) {
      ClipLayer.addShapes(shapes, layer(i), width, config.intermediateSize());
    }
    ClipLayer.addNorm(shapes, "text_model.final_layer_norm", width);
    shapes.put(PROJECTION, Shape.of(config.projectionDim(), width));
    return Collections.unmodifiableSequencedMap(shapes);
  }

  static String layer(int index) {
    return "text_model.encoder.layers." + index;
  }
}
