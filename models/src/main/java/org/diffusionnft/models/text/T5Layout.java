package org.diffusionnft.models.text;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.diffusionnft.tensor.Shape;

/** The tensors of a T5 v1.1 encoder, as transformers' {@code T5EncoderModel}. */
public final class T5Layout {
  /** The token embedding. */
  public static final String TOKENS = "shared.weight";

  /** The other name under which it may be stored. */
  public static final String TIED_TOKENS = "encoder.embed_tokens.weight";

  static final String BIAS = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";

  private T5Layout() {}

  /** Every parameter. */
  public static SequencedMap<String, Shape> parameters(T5Config config) {
    SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
    long width = config.modelDim();
    long heads = config.attentionDim();
    long inner = config.feedForwardDim();
    shapes.put(TOKENS, Shape.of(config.vocabSize(), width));
    for (int i = 0; i < config.numLayers(); i++) {
      String attention = attention(i);
      shapes.put(attention + ".SelfAttention.q.weight", Shape.of(heads, width));
      shapes.put(attention + ".SelfAttention.k.weight", Shape.of(heads, width));
      shapes.put(attention + ".SelfAttention.v.weight", Shape.of(heads, width));
      shapes.put(attention + ".SelfAttention.o.weight", Shape.of(width, heads));
      if (i == 0) {
        shapes.put(BIAS, Shape.of(config.buckets(), config.numHeads()));
      }
      shapes.put(attention + ".layer_norm.weight", Shape.of(width));
      String network = network(i);
      shapes.put(network + ".DenseReluDense.wi_0.weight", Shape.of(inner, width));
      shapes.put(network + ".DenseReluDense.wi_1.weight", Shape.of(inner, width));
      shapes.put(network + ".DenseReluDense.wo.weight", Shape.of(width, inner));
      shapes.put(network + ".layer_norm.weight", Shape.of(width));
    }
    shapes.put("encoder.final_layer_norm.weight", Shape.of(width));
    return Collections.unmodifiableSequencedMap(shapes);
  }

  static String attention(int layer) {
    return "encoder.block." + layer + ".layer.0";
  }

  static String network(int layer) {
    return "encoder.block." + layer + ".layer.1";
  }
}
