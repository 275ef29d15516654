package org.diffusionnft.models.transformer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.diffusionnft.tensor.Shape;

/** The tensors of an MMDiT: names as in diffusers, shapes, in the order PyTorch lists them. */
public final class MmditLayout {
  /** The stored position embedding: a buffer, not a parameter; computed if absent. */
  public static final String POSITION_EMBEDDING = "pos_embed.pos_embed";

  /** Width of the sinusoidal embedding of the timestep. */
  static final int TIME_CHANNELS = 256;

  private final SequencedMap<String, Shape> shapes = new LinkedHashMap<>();

  private MmditLayout() {}

  /** Every parameter of the model, in the order of {@code named_parameters()}. */
  public static SequencedMap<String, Shape> parameters(MmditConfig config) {
    MmditLayout layout = new MmditLayout();
    layout.embedders(config);
    for (int i = 0; i < config.numLayers(); i++) {
      layout.block(config, i);
    }
    long width = config.width();
    long patch = (long) config.patchSize() * config.patchSize();
    layout.linear("norm_out.linear", width, 2 * width);
    layout.linear("proj_out", width, patch * config.outChannels());
    return Collections.unmodifiableSequencedMap(layout.shapes);
  }

  /** Shape {@code [1, S * S, C]} of the stored position embedding. */
  public static Shape positionEmbedding(MmditConfig config) {
    long side = config.posEmbedMaxSize();
    return Shape.of(1, side * side, config.width());
  }

  /**
   * A row of the position embedding as diffusers computes it.
   *
   * @param index from 0 to S * S - 1
   */
  public static float[] positionEmbeddingRow(MmditConfig config, long index) {
    long side = config.posEmbedMaxSize();
    if (index < 0 || index >= side * side) {
      throw new IllegalArgumentException(
          "the position embedding has " + side * side + " rows, no row " + index);
    }
    return PositionEmbedding.row(config, index);
  }

  private void embedders(MmditConfig config) {
    long width = config.width();
    int patch = config.patchSize();
    shapes.put("pos_embed.proj.weight", Shape.of(width, config.inChannels(), patch, patch));
    shapes.put("pos_embed.proj.bias", Shape.of(width));
    linear("time_text_embed.timestep_embedder.linear_1", TIME_CHANNELS, width);
    linear("time_text_embed.timestep_embedder.linear_2", width, width);
    linear("time_text_embed.text_embedder.linear_1", config.pooledProjectionDim(), width);
    linear("time_text_embed.text_embedder.linear_2", width, width);
    linear("context_embedder", config.jointAttentionDim(), width);
  }

  private void block(MmditConfig config, int index) {
    String block = "transformer_blocks." + index;
    boolean last = index == config.numLayers() - 1;
    boolean dual = config.isDual(index);
    long width = config.width();
    linear(block + ".norm1.linear", width, (dual ? 9 : 6) * width);
    linear(block + ".norm1_context.linear", width, (last ? 2 : 6) * width);
    jointAttention(config, block + ".attn", last);
    if (dual) {
      imageProjections(config, block + ".attn2");
      linear(block + ".attn2.to_out.0", width, width);
    }
    feedForward(block + ".ff", width);
    if (!last) {
      feedForward(block + ".ff_context", width);
    }
  }

  private void jointAttention(MmditConfig config, String name, boolean last) {
    long width = config.width();
    imageProjections(config, name);
    linear(name + ".add_k_proj", width, width);
    linear(name + ".add_v_proj", width, width);
    linear(name + ".add_q_proj", width, width);
    linear(name + ".to_out.0", width, width);
    if (!last) {
      linear(name + ".to_add_out", width, width);
    }
    norm(config, name + ".norm_added_q");
    norm(config, name + ".norm_added_k");
  }

  private void imageProjections(MmditConfig config, String name) {
    long width = config.width();
    norm(config, name + ".norm_q");
    norm(config, name + ".norm_k");
    linear(name + ".to_q", width, width);
    linear(name + ".to_k", width, width);
    linear(name + ".to_v", width, width);
  }

  private void feedForward(String name, long width) {
    linear(name + ".net.0.proj", width, 4 * width);
    linear(name + ".net.2", 4 * width, width);
  }

  private void norm(MmditConfig config, String name) {
    if (config.qkNorm() == QkNorm.RMS_NORM) {
      shapes.put(name + ".weight", Shape.of(config.attentionHeadDim()));
    }
  }

  private void linear(String name, long in, long out) {
    shapes.put(name + ".weight", Shape.of(out, in));
    shapes.put(name + ".bias", Shape.of(out));
  }
}
