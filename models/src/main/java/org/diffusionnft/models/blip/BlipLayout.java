package org.diffusionnft.models.blip;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.models.text.ClipLayer;
import org.diffusionnft.tensor.Shape;

/** The tensors of BLIP's encoders, as {@code ImageReward.pt} names them. */
public final class BlipLayout {
  /** The prefix of the head's tensor names. */
  public static final String HEAD = "mlp.";

  /** Tensors in the file that are not used. */
  public static final List<String> IGNORED =
      List.of(
          "blip.vision_proj.weight",
          "blip.vision_proj.bias",
          "blip.text_proj.weight",
          "blip.text_proj.bias",
          "blip.text_encoder.embeddings.position_ids");

  static final String VISION = "blip.visual_encoder.";
  static final String CLASS = VISION + "cls_token";
  static final String PATCH_POSITIONS = VISION + "pos_embed";
  static final String PATCHES = VISION + "patch_embed.proj";
  static final String VISION_NORM = VISION + "norm";
  static final String TEXT = "blip.text_encoder.";
  static final String WORDS = TEXT + "embeddings.word_embeddings.weight";
  static final String WORD_POSITIONS = TEXT + "embeddings.position_embeddings.weight";
  static final String WORD_NORM = TEXT + "embeddings.LayerNorm";

  private static final int CHANNELS = 3;

  private BlipLayout() {}

  /** All parameters of both encoders. */
  public static SequencedMap<String, Shape> parameters(
      BlipVisionConfig vision, BlipTextConfig text) {
    SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
    long width = vision.width();
    long patch = vision.patchSize();
    shapes.put(CLASS, Shape.of(1, 1, width));
    shapes.put(PATCH_POSITIONS, Shape.of(1, vision.tokens(), width));
    shapes.put(PATCHES + ".weight", Shape.of(width, CHANNELS, patch, patch));
    shapes.put(PATCHES + ".bias", Shape.of(width));
    for (int i = 0; i < vision.layers(); i++) {
      String block = block(i);
      ClipLayer.addNorm(shapes, block + ".norm1", width);
      addLinear(shapes, block + ".attn.qkv", width, 3 * width);
      addLinear(shapes, block + ".attn.proj", width, width);
      ClipLayer.addNorm(shapes, block + ".norm2", width);
      addLinear(shapes, block + ".mlp.fc1", width, vision.inner());
      addLinear(shapes, block + ".mlp.fc2", vision.inner(), width);
    }
    ClipLayer.addNorm(shapes, VISION_NORM, width);
    addText(shapes, text);
    return Collections.unmodifiableSequencedMap(shapes);
  }

  private static void addText(Map<String, Shape> shapes, BlipTextConfig text) {
    long width = text.width();
    shapes.put(WORDS, Shape.of(text.vocabSize(), width));
    shapes.put(WORD_POSITIONS, Shape.of(text.maxPositions(), width));
    ClipLayer.addNorm(shapes, WORD_NORM, width);
    for (int i = 0; i < text.layers(); i++) {
      String layer = layer(i);
      addAttention(shapes, layer + ".attention", width, width);
      addAttention(shapes, layer + ".crossattention", width, text.pictureWidth());
      addLinear(shapes, layer + ".intermediate.dense", width, text.inner());
      addLinear(shapes, layer + ".output.dense", text.inner(), width);
      ClipLayer.addNorm(shapes, layer + ".output.LayerNorm", width);
    }
  }

  private static void addAttention(Map<String, Shape> shapes, String name, long width, long seen) {
    addLinear(shapes, name + ".self.query", width, width);
    addLinear(shapes, name + ".self.key", seen, width);
    addLinear(shapes, name + ".self.value", seen, width);
    addLinear(shapes, name + ".output.dense", width, width);
    ClipLayer.addNorm(shapes, name + ".output.LayerNorm", width);
  }

  private static void addLinear(Map<String, Shape> shapes, String name, long in, long out) {
    shapes.put(name + ".weight", Shape.of(out, in));
    shapes.put(name + ".bias", Shape.of(out));
  }

  static String block(int index) {
    return VISION + "blocks." + index;
  }

  static String layer(int index) {
    return TEXT + "encoder.layer." + index;
  }
}
