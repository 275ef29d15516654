package org.diffusionnft.models.blip;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.models.text.TokenIds;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * BLIP's text encoder (Li et al., arXiv 2201.12086): a BERT with norms after attention and
 * feed-forward network, whose every layer also attends to an image's tokens.
 */
final class BlipTextEncoder {
  /** Added to the scores of padding. */
  private static final float MASKED = -10_000;

  private final BlipTextConfig config;
  private final Parameters parameters;

  BlipTextEncoder(BlipTextConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /**
   * Encodes texts, each with its image.
   *
   * @param ids one row of equal length per text
   * @param used how many ids of each row are not padding
   * @param pictures {@code [B, T, C]}
   * @param observer receives {@code text.embeddings} and the output of every layer, as {@code
   *     text.layer.0} and so on
   * @return the first token of each text, {@code [B, C]}, owned by the caller
   * @throws IllegalArgumentException if rows are too long, have unequal lengths, or hold an invalid
   *     token id
   */
  Variable encode(long[][] ids, int[] used, Variable pictures, Observer observer) {
    Device device = pictures.device();
    try (Memory.Scope scope = device.memory().scope()) {
      Tensor tokens = TokenIds.tensor(device, ids, config.vocabSize(), config.maxPositions());
      int length = Math.toIntExact(tokens.dim(1));
      Variable positions =
          parameters.get(BlipLayout.WORD_POSITIONS).embedding(TokenIds.upTo(device, length));
      Variable words = parameters.get(BlipLayout.WORDS).embedding(tokens).add(positions);
      Variable x = norm(BlipLayout.WORD_NORM, words);
      observer.see("text.embeddings", x);
      Variable mask = Variable.constant(mask(device, used, length));
      for (int i = 0; i < config.layers(); i++) {
        Variable in = x;
        String layer = BlipLayout.layer(i);
        x = Variable.scoped(device, () -> layer(in, layer, mask, pictures));
        observer.see("text.layer." + i, x);
      }
      Variable first = x.slice(1, 0, 1).reshape(x.dim(0), x.dim(2));
      scope.keep(first.value().storage());
      return first;
    }
  }

  private Variable layer(Variable x, String name, Variable mask, Variable pictures) {
    Variable read = attend(name + ".attention", x, x, mask);
    Variable seen = attend(name + ".crossattention", read, pictures, null);
    Linear inner = parameters.linear(name + ".intermediate.dense");
    Variable hidden = seen.linear(inner.weight(), inner.bias(), UnaryOp.GELU_ERF);
    Variable out = parameters.linear(name + ".output.dense").apply(hidden);
    return norm(name + ".output.LayerNorm", out.add(seen));
  }

  private Variable attend(String name, Variable x, Variable to, @Nullable Variable mask) {
    double scale = 1 / Math.sqrt((double) config.width() / config.heads());
    Variable attended =
        Functions.attention(
            parameters.linear(name + ".self.query").apply(x),
            parameters.linear(name + ".self.key").apply(to),
            parameters.linear(name + ".self.value").apply(to),
            mask,
            config.heads(),
            scale);
    Variable out = parameters.linear(name + ".output.dense").apply(attended);
    return norm(name + ".output.LayerNorm", out.add(x));
  }

  private Variable norm(String name, Variable x) {
    return parameters.layerNorm(name, config.layerNormEps()).apply(x);
  }

  /** {@code [B, 1, T, T]}: all tokens attend to those that are not padding. */
  private static Tensor mask(Device device, int[] used, int length) {
    float[] mask = new float[used.length * length * length];
    for (int b = 0; b < used.length; b++) {
      for (int i = 0; i < length; i++) {
        for (int j = used[b]; j < length; j++) {
          mask[(b * length + i) * length + j] = MASKED;
        }
      }
    }
    return Tensor.of(device, mask, used.length, 1, length, length);
  }
}
