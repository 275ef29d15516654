package org.diffusionnft.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.sampling.DivergedException;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.vae.TiledDecoding;
import org.diffusionnft.models.vae.Vae;
import org.diffusionnft.models.vae.VaeConfig;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.checkpoint.PromptCache;
import org.diffusionnft.weights.checkpoint.VaeCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.peft.AdapterFile;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.jspecify.annotations.Nullable;

/**
 * A Stable Diffusion 3 model on disk that is kept open, for training and services. Weights are
 * memory-mapped, tokenizers stay in memory, and text encoders are loaded when prompts need them and
 * closed again.
 *
 * <pre>{@code
 * try (Device device = Devices.openDefault(DeviceOptions.defaults());
 *     PictureModel model = PictureModel.open(Path.of("sd3.5-medium"), device)) {
 *   PictureSampler sampler = new PictureSampler(model);
 *   Pixels picture = sampler.pictures(PictureRequest.of("a red fox in snow")).getFirst();
 *   Files.write(Path.of("fox.png"), Png.encode(picture));
 * }
 * }</pre>
 */
public final class PictureModel implements AutoCloseable {
  private static final int CHANNELS = 3;

  private final Device device;
  private final Precision precision;
  private final FlowMatchSchedule.Config schedule;
  private final Mmdit transformer;
  private final Vae vae;
  private final TensorSource transformerFile;
  private final TensorSource vaeFile;
  private final String transformerSettings;
  private final String vaeSettings;
  private final PromptEmbedder embedder;
  private final TiledDecoding tiles;
  private final Deque<Runnable> closers = new ArrayDeque<>();

  /**
   * Options for the parts before and after the transformer.
   *
   * @param parts a diffusers folder with the parts that a single file lacks, such as tokenizers;
   *     null if it lacks nothing
   * @param withT5 whether the text encoder T5 is used if there is one; otherwise zeros replace its
   *     output
   * @param t5Tokens number of T5 tokens per prompt
   * @param tile pictures with more pixels per side are decoded in tiles of this size
   * @param precision precision of a {@link PictureSampler}: of text encoders, transformer and
   *     decoder
   */
  public record Options(
      @Nullable Path parts, boolean withT5, int t5Tokens, int tile, Precision precision) {
    /** No parts from elsewhere, T5 with 256 tokens as in diffusers, tiles of 768 pixels, F32. */
    public static final Options DEFAULT = new Options(null, true, 256, 768, Precision.F32);
  }

  private PictureModel(
      Path path, Options options, Device device, @Nullable Path cache, PictureListener listener)
      throws IOException {
    this.device = device;
    this.precision = options.precision();
    try {
      ModelCheckpoint files = ModelCheckpoint.open(path, options.parts());
      closers.push(files::close);
      this.schedule = files.schedule();
      VaeCheckpoint vaeCheckpoint = files.vae();
      closers.push(vaeCheckpoint::close);
      MmditCheckpoint checkpoint = files.transformer();
      closers.push(checkpoint::close);
      requireSameLatents(files, checkpoint.config(), vaeCheckpoint.config());
      this.vaeFile = vaeCheckpoint.tensors();
      this.vae = Vae.load(vaeCheckpoint.config(), vaeCheckpoint.weights(device));
      closers.push(vae::close);
      this.transformerFile = checkpoint.tensors();
      this.transformerSettings = settings(schedule, files.schedulePath());
      this.vaeSettings = settings(vaeCheckpoint.config(), files.configPath(Part.VAE));
      this.transformer =
          Autocast.in(precision, () -> Mmdit.load(checkpoint.config(), checkpoint.weights(device)));
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
    } catch (IOException | RuntimeException e) {
      closers.forEach(Runnable::run);
      throw e;
    }
    this.tiles = TiledDecoding.ofPixels(options.tile(), vae.config().downscale());
  }

  /** Checks that the transformer's input and output channels match the autoencoder's latents. */
  private static void requireSameLatents(
      ModelCheckpoint files, MmditConfig transformer, VaeConfig vae) throws InvalidFileException {
    Path file = files.configPath(Part.TRANSFORMER);
    if (transformer.outChannels() != transformer.inChannels()) {
      throw new InvalidFileException(
          file,
          "has out_channels %d but in_channels %d: only a transformer with as many of both can be sampled"
              .formatted(transformer.outChannels(), transformer.inChannels()));
    }
    if (transformer.inChannels() != vae.latentChannels()) {
      throw new InvalidFileException(
          file,
          "has in_channels %d but %s has latent_channels %d: they are not of one model"
              .formatted(
                  transformer.inChannels(), files.configPath(Part.VAE), vae.latentChannels()));
    }
  }

  private static String settings(FlowMatchSchedule.Config schedule, @Nullable Path file) {
    return file == null
        ? ""
        : ": look at num_train_timesteps %d and shift %s in %s"
            .formatted(schedule.trainTimesteps(), schedule.shift(), file);
  }

  private static String settings(VaeConfig vae, Path file) {
    return ": look at scaling_factor %s and shift_factor %s in %s"
        .formatted(vae.scalingFactor(), vae.shiftFactor(), file);
  }

  /**
   * Opens a model with {@link Options#DEFAULT}, without a cache of prompt embeddings.
   *
   * @throws IOException if a part of it is missing or damaged
   */
  public static PictureModel open(Path path, Device device) throws IOException {
    return open(path, Options.DEFAULT, device, null, PictureListener.NONE);
  }

  /**
   * Opens a model.
   *
   * @param cache folder that caches prompt embeddings, or null for none
   * @param listener receives warnings about truncated prompts
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

  /**
   * Opens tokenizers and text encoders and closes them again, to find missing or damaged ones
   * early.
   *
   * @throws IOException if one is missing or damaged
   */
  public void requireTextEncoders() throws IOException {
    embedder.requireReadable();
  }

  /** The device that it computes on. */
  public Device device() {
    return device;
  }

  /** The precision of pictures. */
  Precision precision() {
    return precision;
  }

  /** The noise schedule. */
  public FlowMatchSchedule.Config schedule() {
    return schedule;
  }

  /**
   * Loads an adapter for this model; the caller closes it.
   *
   * @param path PEFT folder or diffusers LoRA file
   * @throws IOException if it is missing or damaged, or belongs to another model
   */
  public Adapter adapter(Path path) throws IOException {
    return AdapterFile.load(path, transformer.config(), device);
  }

  /** The diffusion transformer. */
  public Mmdit transformer() {
    return transformer;
  }

  /**
   * The shape {@code [C, H, W]} of the latents of a square picture.
   *
   * @throws InvalidInputException as {@link #latents(int, int)} does
   */
  public Shape latents(int side) {
    return latents(side, side);
  }

  /**
   * The shape {@code [C, H, W]} of the latents of a picture.
   *
   * @throws InvalidInputException unless both sides are multiples of a patch's 16 pixels and fit
   *     into the model's positional embedding
   */
  public Shape latents(int height, int width) {
    return Shape.of(transformer.config().inChannels(), inLatents(height), inLatents(width));
  }

  private int inLatents(int side) {
    int unit = vae.config().downscale() * transformer.config().patchSize();
    long most = (long) unit * transformer.config().posEmbedMaxSize();
    if (side < unit || side > most) {
      throw new InvalidInputException(
          "resolution must be %d to %d pixels for this model, not %d".formatted(unit, most, side));
    }
    if (side % unit != 0) {
      throw new InvalidInputException(
          "resolution must be a multiple of %d, not %d: %d is the nearest"
              .formatted(unit, side, Math.round((double) side / unit) * unit));
    }
    return side / vae.config().downscale();
  }

  /** The embeddings of texts, one entry per text, owned by the innermost open scope. */
  public Conditioning embed(List<String> texts) {
    try (Memory.Scope _ = device.memory().scope()) {
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
   * The embeddings of texts, keyed by text, owned by the innermost open scope.
   *
   * @throws IOException if a text encoder is missing or damaged
   */
  Map<String, Conditioning> embeddings(Set<String> texts) throws IOException {
    return embedder.embed(texts);
  }

  /**
   * Decodes latents to pictures, one at a time, since decoding one takes gigabytes.
   *
   * @throws InvalidInputException that names a damaged tensor, or the part whose output is not
   *     finite
   */
  public Images decode(Tensor latents) {
    NotFinite found = NotFinite.find(latents);
    if (found != null) {
      throw blame(new DivergedException("the transformer gives " + found.what()));
    }
    int d = vae.config().downscale();
    int height = latents.shape().intDim(2) * d;
    int width = latents.shape().intDim(3) * d;
    int count = latents.shape().intDim(0);
    float[] values = new float[Math.multiplyExact(count, CHANNELS * height * width)];
    for (int i = 0; i < count; i++) {
      try (Memory.Scope _ = device.memory().scope()) {
        Variable one = Variable.constant(latents.narrow(i, 1));
        Tensor decoded = tiles.decode(vae, vae.unscaled(one).value());
        requireFinite(decoded);
        float[] pixels = decoded.toFloats();
        System.arraycopy(pixels, 0, values, i * pixels.length, pixels.length);
      }
    }
    device.memory().trim();
    return new Images(values, CHANNELS, height, width);
  }

  /** Values that are not finite would otherwise just show as a black picture. */
  private void requireFinite(Tensor picture) {
    NotFinite found = NotFinite.find(picture);
    if (found != null) {
      throw blame(
          vaeFile, vaeSettings, new DivergedException("the autoencoder gives " + found.what()));
    }
  }

  /**
   * An error that names a damaged tensor of the transformer, if there is one, else the given
   * failure.
   */
  InvalidInputException blame(DivergedException found) {
    return blame(transformerFile, transformerSettings, found);
  }

  private InvalidInputException blame(
      TensorSource weights, String settings, DivergedException found) {
    try {
      weights.requireFinite(device);
      return new DivergedException(
          found.getMessage() + ", though its weights are sound" + settings);
    } catch (InvalidFileException e) {
      return new InvalidInputException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Unmaps the files. */
  @Override
  public void close() {
    closers.forEach(Runnable::run);
    closers.clear();
  }
}
