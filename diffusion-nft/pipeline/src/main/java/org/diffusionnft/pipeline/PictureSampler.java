package org.diffusionnft.pipeline;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.DivergedException;
import org.diffusionnft.models.sampling.SkipLayerGuidance;
import org.diffusionnft.models.sampling.TextToImage;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.vae.TiledDecoding;
import org.diffusionnft.models.vae.Vae;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.checkpoint.PromptCache;
import org.diffusionnft.weights.checkpoint.VaeCheckpoint;
import org.diffusionnft.weights.peft.AdapterFile;
import org.jspecify.annotations.Nullable;

/**
 * Makes pictures with a model on disk: text encoders, transformer and autoencoder one after the
 * other, so that only one of them is in memory.
 */
public final class PictureSampler {
  /** Layers of a model that has those of {@link SkipLayerGuidance#SD35_MEDIUM}. */
  private static final int SD35_MEDIUM_LAYERS = 24;

  private final ModelCheckpoint model;
  private final Device device;
  private final @Nullable PromptCache cache;
  private final int tile;
  private final PictureListener listener;

  /**
   * A sampler.
   *
   * @param model stays the caller's
   * @param cache of embedded prompts, or null
   * @param tile pictures of more pixels a side are decoded in tiles of this size
   */
  public PictureSampler(
      ModelCheckpoint model,
      Device device,
      @Nullable PromptCache cache,
      int tile,
      PictureListener listener) {
    this.model = model;
    this.device = device;
    this.cache = cache;
    this.tile = tile;
    this.listener = listener;
  }

  /**
   * Makes pictures.
   *
   * @param adapter PEFT folder or diffusers' file; null for the model alone
   * @throws IOException if a part of the model is missing or damaged
   * @throws IllegalArgumentException if the request does not fit the model
   */
  public List<BufferedImage> pictures(PictureRequest request, @Nullable Path adapter)
      throws IOException {
    // The autoencoder's file is opened first: where it is missing, no work is lost.
    try (Memory.Scope _ = device.memory().scope();
        VaeCheckpoint vae = model.vae()) {
      List<Tensor> latents;
      try (MmditCheckpoint checkpoint = model.transformer()) {
        Map<String, Conditioning> prompts = prompts(request, checkpoint.config());
        latents = latents(request, checkpoint, adapter, prompts, vae.config().downscale());
        device.memory().trim();
      }
      return decode(latents, vae);
    }
  }

  private Map<String, Conditioning> prompts(PictureRequest request, MmditConfig config)
      throws IOException {
    PromptEmbedder embedder =
        PromptEmbedder.of(
            model,
            device,
            cache,
            request.t5Tokens(),
            request.withT5(),
            config.jointAttentionDim(),
            listener);
    Set<String> wanted = new LinkedHashSet<>(List.of(request.prompt()));
    if (!request.toGuidance().isNone()) {
      wanted.add(request.negative());
    }
    return embedder.embed(wanted);
  }

  private List<Tensor> latents(
      PictureRequest request,
      MmditCheckpoint checkpoint,
      @Nullable Path adapterPath,
      Map<String, Conditioning> prompts,
      int downscale)
      throws IOException {
    List<Tensor> latents = new ArrayList<>();
    long start = System.nanoTime();
    try (Mmdit transformer = Mmdit.load(checkpoint.config(), checkpoint.weights(device))) {
      Adapter adapter =
          adapterPath == null ? null : AdapterFile.load(adapterPath, checkpoint.config(), device);
      try {
        TextToImage pipeline =
            new TextToImage(
                transformer,
                adapter == null ? ForwardPass.BASE : ForwardPass.with(adapter),
                model.schedule().steps(request.steps()),
                Solver.named(request.solver(), true, 0),
                request.toGuidance(),
                skipping(request, checkpoint.config()));
        for (int first = 0; first < request.count(); first += request.batch()) {
          int size = Math.min(request.batch(), request.count() - first);
          Shape shape =
              Shape.of(
                  size,
                  checkpoint.config().inChannels(),
                  request.height() / downscale,
                  request.width() / downscale);
          latents.add(batch(request, pipeline, prompts, first, shape));
        }
      } catch (DivergedException e) {
        checkpoint.tensors().requireFinite(device); // names a damaged tensor, if there is one
        throw e;
      } finally {
        if (adapter != null) {
          adapter.close();
        }
      }
    }
    listener.stage("sampled in " + seconds(start));
    return latents;
  }

  private Tensor batch(
      PictureRequest request,
      TextToImage pipeline,
      Map<String, Conditioning> prompts,
      int first,
      Shape shape) {
    int size = shape.intDim(0);
    Noise noise = Noise.philox(request.seed(), LongStream.range(first, first + size).toArray());
    long batches = Math.ceilDiv(request.count(), request.batch());
    long before = first / request.batch();
    try (Memory.Scope scope = device.memory().scope()) {
      Tensor latents =
          pipeline.latents(
              noise.draw(device, Noise.INITIAL, shape),
              repeated(prompts, request.prompt(), size),
              request.toGuidance().isNone() ? null : repeated(prompts, request.negative(), size),
              noise,
              (done, all) -> listener.evaluated(before * all + done, batches * all));
      scope.keep(latents.storage());
      return latents;
    }
  }

  private static Conditioning repeated(Map<String, Conditioning> prompts, String prompt, int n) {
    Conditioning one = prompts.get(prompt);
    if (one == null) {
      throw new IllegalStateException("a prompt was not embedded");
    }
    if (n == 1) {
      return one;
    }
    Tensor[] texts = new Tensor[n];
    Tensor[] pooled = new Tensor[n];
    Arrays.fill(texts, one.text().value());
    Arrays.fill(pooled, one.pooled().value());
    return Conditioning.of(Layout.concat(0, texts), Layout.concat(0, pooled));
  }

  private static SkipLayerGuidance skipping(PictureRequest request, MmditConfig config) {
    if (request.skipping() != null) {
      return request.skipping();
    }
    boolean medium =
        config.numLayers() == SD35_MEDIUM_LAYERS && !config.dualAttentionLayers().isEmpty();
    return medium && !request.toGuidance().isNone()
        ? SkipLayerGuidance.SD35_MEDIUM
        : SkipLayerGuidance.NONE;
  }

  private List<BufferedImage> decode(List<Tensor> latents, VaeCheckpoint checkpoint)
      throws IOException {
    long start = System.nanoTime();
    List<BufferedImage> pictures = new ArrayList<>();
    TiledDecoding tiles = TiledDecoding.ofPixels(tile, checkpoint.config().downscale());
    try (Vae vae = Vae.load(checkpoint.config(), checkpoint.weights(device))) {
      for (Tensor batch : latents) {
        for (long i = 0; i < batch.dim(0); i++) {
          try (Memory.Scope _ = device.memory().scope()) {
            Variable one = Variable.constant(batch.narrow(i, 1));
            Tensor pixels = tiles.decode(vae, vae.unscaled(one).value());
            requireFinite(pixels, checkpoint);
            Images picture =
                new Images(
                    pixels.toFloats(),
                    pixels.shape().intDim(1),
                    pixels.shape().intDim(2),
                    pixels.shape().intDim(3));
            pictures.add(picture.pixels(0).toImage());
          }
        }
      }
    }
    listener.stage("decoded in " + seconds(start));
    return pictures;
  }

  /** Names a damaged tensor, if there is one: else a black picture would be all there is to see. */
  private void requireFinite(Tensor pixels, VaeCheckpoint checkpoint) throws IOException {
    NotFinite found = NotFinite.find(pixels);
    if (found != null) {
      checkpoint.tensors().requireFinite(device);
      throw new DivergedException("the autoencoder gives " + found.what());
    }
  }

  private static String seconds(long start) {
    return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - start) / 1e9);
  }
}
