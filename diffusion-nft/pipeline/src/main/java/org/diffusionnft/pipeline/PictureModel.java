package org.diffusionnft.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.sampling.DivergedException;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.vae.TiledDecoding;
import org.diffusionnft.models.vae.Vae;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.checkpoint.PromptCache;
import org.diffusionnft.weights.checkpoint.VaeCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * A Stable Diffusion 3 model on disk that is kept open, as training needs it. Its weights stay in
 * their mapped files; text encoders come and go as prompts need them.
 */
public final class PictureModel implements AutoCloseable {
  private static final int CHANNELS = 3;

  private final Device device;
  private final Mmdit transformer;
  private final Vae vae;
  private final TensorSource transformerFile;
  private final TensorSource vaeFile;
  private final PromptEmbedder embedder;
  private final TiledDecoding tiles;
  private final Deque<Runnable> closers = new ArrayDeque<>();

  /**
   * What stands before and behind the transformer.
   *
   * @param parts a diffusers folder with what a single file lacks, such as tokenizers; null if it
   *     lacks nothing
   * @param withT5 whether the text encoder T5 is used where there is one; else zeros take its place
   * @param t5Tokens how many tokens of T5 a prompt has
   * @param tile pictures of more pixels a side are decoded in tiles of this size
   */
  public record Options(@Nullable Path parts, boolean withT5, int t5Tokens, int tile) {}

  private PictureModel(
      Path path, Options options, Device device, @Nullable Path cache, PictureListener listener)
      throws IOException {
    this.device = device;
    try {
      ModelCheckpoint files = ModelCheckpoint.open(path, options.parts());
      closers.push(files::close);
      VaeCheckpoint vaeCheckpoint = files.vae();
      closers.push(vaeCheckpoint::close);
      this.vaeFile = vaeCheckpoint.tensors();
      this.vae = Vae.load(vaeCheckpoint.config(), vaeCheckpoint.weights(device));
      closers.push(vae::close);
      MmditCheckpoint checkpoint = files.transformer();
      closers.push(checkpoint::close);
      this.transformerFile = checkpoint.tensors();
      this.transformer = Mmdit.load(checkpoint.config(), checkpoint.weights(device));
      closers.push(transformer::close);
      this.embedder =
          PromptEmbedder.of(
              files,
              device,
              cache == null ? null : PromptCache.of(cache, files),
              options.t5Tokens(),
              options.withT5(),
              transformer.config().jointAttentionDim(),
              listener);
      embedder.requireReadable();
    } catch (IOException | RuntimeException e) {
      closers.forEach(Runnable::run);
      throw e;
    }
    this.tiles = TiledDecoding.ofPixels(options.tile(), vae.config().downscale());
  }

  /**
   * Opens a model.
   *
   * @param cache folder of embedded prompts, or null for none
   * @param listener is warned of what prompts lose
   * @throws IOException if a part of it is missing or damaged
   */
  public static PictureModel open(
      Path path, Options options, Device device, @Nullable Path cache, PictureListener listener)
      throws IOException {
    if (!Files.exists(path)) {
      throw new InvalidFileException(
          path, "no such file or folder: name the model that you have with --model or 'model'");
    }
    return new PictureModel(path, options, device, cache, listener);
  }

  /** The diffusion transformer. */
  public Mmdit transformer() {
    return transformer;
  }

  /**
   * The shape {@code [C, H, W]} of the latents of a square picture.
   *
   * @throws InvalidInputException unless the side is a multiple of what a patch covers, 16
   */
  public Shape latents(int side) {
    int unit = vae.config().downscale() * transformer.config().patchSize();
    if (side % unit != 0) {
      throw new InvalidInputException(
          "resolution must be a multiple of %d, not %d: %d is the nearest"
              .formatted(unit, side, Math.max(Math.round((double) side / unit), 1) * unit));
    }
    int latents = side / vae.config().downscale();
    return Shape.of(transformer.config().inChannels(), latents, latents);
  }

  /** The embeddings of texts, one entry each, owned by the innermost open scope. */
  public Conditioning embed(List<String> texts) {
    try (Memory.Scope scope = device.memory().scope()) {
      Map<String, Conditioning> embedded = embedder.embed(texts);
      Tensor[] tokens = new Tensor[texts.size()];
      Tensor[] pooled = new Tensor[texts.size()];
      for (int i = 0; i < tokens.length; i++) {
        Conditioning one = embedded.get(texts.get(i));
        if (one == null) {
          throw new IllegalStateException("a prompt was not embedded");
        }
        tokens[i] = one.text().value();
        pooled[i] = one.pooled().value();
      }
      return Conditioning.of(Layout.concat(0, tokens).keep(), Layout.concat(0, pooled).keep());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The pictures of latents, one after the other, since decoding one takes gigabytes.
   *
   * @throws InvalidInputException that names a damaged tensor, or the part whose result is no
   *     number
   */
  public Images decode(Tensor latents) {
    requireFinite("transformer", NotFinite.find(latents), transformerFile);
    int d = vae.config().downscale();
    int height = latents.shape().intDim(2) * d;
    int width = latents.shape().intDim(3) * d;
    int count = latents.shape().intDim(0);
    float[] values = new float[Math.multiplyExact(count, CHANNELS * height * width)];
    for (int i = 0; i < count; i++) {
      try (Memory.Scope _ = device.memory().scope()) {
        Variable one = Variable.constant(latents.narrow(i, 1));
        Tensor decoded = tiles.decode(vae, vae.unscaled(one).value());
        requireFinite("autoencoder", NotFinite.find(decoded), vaeFile);
        float[] pixels = decoded.toFloats();
        System.arraycopy(pixels, 0, values, i * pixels.length, pixels.length);
      }
    }
    device.memory().trim();
    return new Images(values, CHANNELS, height, width);
  }

  private void requireFinite(String part, @Nullable NotFinite found, TensorSource weights) {
    if (found != null) {
      try {
        weights.requireFinite(device);
      } catch (InvalidFileException e) {
        throw new InvalidInputException(String.valueOf(e.getMessage()), e);
      }
      throw new DivergedException(
          "the %s gives %s, although its weights are numbers: an adapter has diverged"
              .formatted(part, found.what()));
    }
  }

  /** Unmaps the files. */
  @Override
  public void close() {
    closers.forEach(Runnable::run);
    closers.clear();
  }
}
