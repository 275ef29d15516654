package org.diffusionnft.pipeline;

import java.io.IOException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.diffusionnft.models.text.PromptEncoding;
import org.diffusionnft.models.tokenizer.Encoded;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.checkpoint.PromptCache;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.jspecify.annotations.Nullable;

/** Embeds prompts with the text encoders of a model on disk, or reads embeddings from the cache. */
public final class PromptEmbedder {
  /** The encoders' batch size: a larger one would only take more memory. */
  private static final int BATCH = 16;

  /** Warnings about a truncated prompt quote at most this much of the lost end. */
  private static final int LONGEST_QUOTE = 160;

  private final ModelCheckpoint model;
  private final Device device;
  private final @Nullable PromptCache cache;
  private final PromptEncoding encoding;
  private final PictureListener listener;

  private PromptEmbedder(
      ModelCheckpoint model,
      Device device,
      @Nullable PromptCache cache,
      PromptEncoding encoding,
      PictureListener listener) {
    this.model = model;
    this.device = device;
    this.cache = cache;
    this.encoding = encoding;
    this.listener = listener;
  }

  /**
   * An embedder for a transformer.
   *
   * @param cache cache of prompt embeddings, or null
   * @param t5Tokens number of T5 tokens per prompt
   * @param withT5 whether to use T5; if the model has none, the listener is warned
   * @param width of the transformer's text input
   * @throws IllegalArgumentException if the number of tokens is out of range
   */
  public static PromptEmbedder of(
      ModelCheckpoint model,
      Device device,
      @Nullable PromptCache cache,
      int t5Tokens,
      boolean withT5,
      int width,
      PictureListener listener) {
    boolean used = withT5 && model.hasT5();
    if (withT5 && !used) {
      listener.warning(
          "there is no T5 text encoder: zeros take its place, and long prompts are followed less");
    }
    PromptEncoding encoding = new PromptEncoding(t5Tokens, used, width);
    return new PromptEmbedder(model, device, cache, encoding, listener);
  }

  /**
   * Opens tokenizers and text encoders and closes them again, to find missing or damaged ones
   * early.
   *
   * @throws IOException if a tokenizer or a text encoder is missing or damaged
   */
  public void requireReadable() throws IOException {
    model.clipLTokenizer();
    model.clipGTokenizer();
    if (encoding.withT5()) {
      model.t5Tokenizer();
    }
    for (Part encoder : encoders()) {
      model.tensors(encoder).close();
    }
  }

  /**
   * The embeddings of prompts.
   *
   * @return by prompt, owned by the innermost open scope
   * @throws IOException if a text encoder is missing or damaged; names a weight that is not finite
   */
  public Map<String, Conditioning> embed(Collection<String> prompts) throws IOException {
    Map<String, Conditioning> embedded = new LinkedHashMap<>();
    Set<String> missing = new LinkedHashSet<>(prompts);
    if (cache != null) {
      for (String prompt : List.copyOf(missing)) {
        Optional<Conditioning> cached = cache.find(prompt, encoding, device);
        cached.ifPresent(c -> embedded.put(prompt, c));
      }
      missing.removeAll(embedded.keySet());
    }
    long start = System.nanoTime();
    List<String> left = List.copyOf(missing);
    for (int first = 0; first < left.size(); first += BATCH) {
      List<String> batch = left.subList(first, Math.min(first + BATCH, left.size()));
      List<Conditioning> made = encoding.embed(batch, model, device, this::warn);
      for (int i = 0; i < batch.size(); i++) {
        requireFinite(batch.get(i), made.get(i));
        embedded.put(batch.get(i), made.get(i));
        if (cache != null) {
          cache.put(batch.get(i), encoding, made.get(i));
        }
      }
    }
    if (!left.isEmpty()) {
      device.memory().trim(); // the encoders' temporaries are larger than any later ones
      listener.stage(
          String.format(
              Locale.ROOT, "prompts embedded in %.1f s", (System.nanoTime() - start) / 1e9));
    }
    return embedded;
  }

  /** Names the damaged tensor, or else the prompt. */
  private void requireFinite(String prompt, Conditioning made) throws IOException {
    NotFinite found = NotFinite.find(made.text().value());
    if (found == null) {
      found = NotFinite.find(made.pooled().value());
    }
    if (found != null) {
      for (Part encoder : encoders()) {
        try (TensorSource tensors = model.tensors(encoder)) {
          tensors.requireFinite(device);
        }
      }
      throw new InvalidInputException(
          "the text encoders of %s give %s for the prompt '%s'"
              .formatted(model.path(), found.what(), prompt));
    }
  }

  private Set<Part> encoders() {
    Set<Part> encoders = EnumSet.of(Part.CLIP_L, Part.CLIP_G);
    if (encoding.withT5()) {
      encoders.add(Part.T5);
    }
    return encoders;
  }

  private void warn(String encoder, Encoded prompt) {
    String cut = prompt.cut();
    listener.warning(
        "%s takes %d tokens and does not see the end, %d more: %s"
            .formatted(
                encoder,
                prompt.ids().length,
                prompt.left(),
                cut.length() <= LONGEST_QUOTE
                    ? cut
                    : cut.substring(0, cut.offsetByCodePoints(0, LONGEST_QUOTE / 2)) + "..."));
  }
}
