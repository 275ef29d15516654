package org.diffusionnft.models.text;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.tokenizer.Encoded;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;

/**
 * How prompts are embedded.
 *
 * @param t5Tokens number of T5 tokens per prompt, 2 to 512; diffusers' pipeline uses 256,
 *     DiffusionNFT trains with 128
 * @param withT5 whether T5 is used; otherwise zeros replace it
 * @param width of the embedding, the model's {@code joint_attention_dim}
 */
public record PromptEncoding(int t5Tokens, boolean withT5, int width) {
  /** Number of CLIP tokens per prompt. */
  public static final int CLIP_TOKENS = 77;

  private static final int MOST_T5_TOKENS = 512;

  /**
   * Checks the number of tokens.
   *
   * @throws InvalidInputException if it is not 2 to 512
   */
  public PromptEncoding {
    if (t5Tokens < 2 || t5Tokens > MOST_T5_TOKENS) {
      throw new InvalidInputException(
          "a prompt can have 2 to " + MOST_T5_TOKENS + " T5 tokens, not " + t5Tokens);
    }
  }

  /** Receives warnings about truncated prompts. */
  @FunctionalInterface
  public interface Warnings {
    /**
     * A prompt was truncated for an encoder.
     *
     * @param encoder such as {@code CLIP}
     * @param prompt the encoded part, with the part that was cut off
     */
    void cut(String encoder, Encoded prompt);
  }

  /**
   * Embeds prompts, one encoder after the other.
   *
   * @return one entry per prompt, text {@code [1, 77 + t5Tokens, width]} and pooled {@code [1, P]},
   *     owned by the caller's scope
   * @throws IOException if an encoder cannot be read
   */
  public List<Conditioning> embed(
      List<String> prompts, TextEncoders encoders, Device device, Warnings warnings)
      throws IOException {
    long[][] idsL = ids(encoders.clipLTokenizer(), CLIP_TOKENS, "CLIP", prompts, warnings);
    long[][] idsG = ids(encoders.clipGTokenizer(), CLIP_TOKENS, "CLIP", prompts, (_, _) -> {});
    ClipTextEncoder.Output clipL = encoders.useClipL(device, e -> e.encode(idsL));
    ClipTextEncoder.Output clipG = encoders.useClipG(device, e -> e.encode(idsG));
    Variable t5;
    if (withT5) {
      long[][] ids = ids(encoders.t5Tokenizer(), t5Tokens, "T5", prompts, warnings);
      t5 = encoders.useT5(device, e -> e.encode(ids));
    } else {
      t5 = PromptEmbedding.withoutT5(device, prompts.size(), t5Tokens, width);
    }
    List<Conditioning> all = new ArrayList<>();
    try (Memory.Scope scope = device.memory().scope()) {
      Conditioning joined = PromptEmbedding.join(clipL, clipG, t5);
      if (joined.text().dim(2) != width) {
        throw new InvalidInputException(
            "the text encoders give embeddings of width "
                + joined.text().dim(2)
                + ", but the transformer takes "
                + width
                + ": they are not of one model");
      }
      for (int i = 0; i < prompts.size(); i++) {
        Tensor text = Elementwise.copy(joined.text().value().narrow(i, 1));
        Tensor pooled = Elementwise.copy(joined.pooled().value().narrow(i, 1));
        scope.keep(text.storage());
        scope.keep(pooled.storage());
        all.add(Conditioning.of(text, pooled));
      }
    }
    return all;
  }

  private static long[][] ids(
      Tokenizer tokenizer, int length, String encoder, List<String> prompts, Warnings warnings) {
    long[][] ids = new long[prompts.size()][];
    for (int i = 0; i < ids.length; i++) {
      Encoded encoded = tokenizer.encode(prompts.get(i), length);
      ids[i] = encoded.ids();
      if (encoded.fullLength() > length) {
        warnings.cut(encoder, encoded);
      }
    }
    return ids;
  }
}
