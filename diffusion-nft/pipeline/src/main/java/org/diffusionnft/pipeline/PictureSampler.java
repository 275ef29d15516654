package org.diffusionnft.pipeline;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.DivergedException;
import org.diffusionnft.models.sampling.SkipLayerGuidance;
import org.diffusionnft.models.sampling.TextToImage;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Samples pictures with an open model. Threads may share a sampler: they take turns, since one
 * picture uses all processors.
 */
public final class PictureSampler {
  /** The number of layers of the model for {@link SkipLayerGuidance#SD35_MEDIUM}. */
  private static final int SD35_MEDIUM_LAYERS = 24;

  private final PictureModel model;
  private final @Nullable Adapter adapter;
  private final PictureListener listener;

  /** A sampler of the model without an adapter. */
  public PictureSampler(PictureModel model) {
    this(model, null, PictureListener.NONE);
  }

  /**
   * A sampler.
   *
   * @param model remains owned by the caller
   * @param adapter from {@link PictureModel#adapter}, remains owned by the caller; null for none
   */
  public PictureSampler(PictureModel model, @Nullable Adapter adapter, PictureListener listener) {
    this.model = model;
    this.adapter = adapter;
    this.listener = listener;
  }

  /**
   * Samples pictures.
   *
   * @throws IOException if a text encoder is missing or damaged
   * @throws InvalidInputException if the request does not fit the model
   */
  public List<Pixels> pictures(PictureRequest request) throws IOException {
    // The scope also makes threads take turns.
    try (Memory.Scope _ = model.device().memory().scope()) {
      return Autocast.in(model.precision(), () -> made(request));
    }
  }

  private List<Pixels> made(PictureRequest request) throws IOException {
    // Done before the prompts are embedded, which can take long: both reject what does not fit the
    // model.
    TextToImage pipeline = pipeline(request);
    Shape latents = model.latents(request.height(), request.width());
    List<Tensor> batches = latents(request, pipeline, latents, prompts(request));
    model.device().memory().trim();
    return decode(batches);
  }

  private Map<String, Conditioning> prompts(PictureRequest request) throws IOException {
    Set<String> wanted = new LinkedHashSet<>(List.of(request.prompt()));
    if (!request.toGuidance().isNone()) {
      wanted.add(request.negative());
    }
    return model.embeddings(wanted);
  }

  private TextToImage pipeline(PictureRequest request) {
    return new TextToImage(
        model.transformer(),
        adapter == null ? ForwardPass.BASE : ForwardPass.with(adapter),
        model.schedule().steps(request.steps()),
        Solver.named(request.solver(), true, 0),
        request.toGuidance(),
        skipping(request, model.transformer().config()));
  }

  private List<Tensor> latents(
      PictureRequest request,
      TextToImage pipeline,
      Shape latents,
      Map<String, Conditioning> prompts) {
    List<Tensor> batches = new ArrayList<>();
    long start = System.nanoTime();
    for (int first = 0; first < request.count(); first += request.batch()) {
      int size = Math.min(request.batch(), request.count() - first);
      Shape shape = Shape.of(size, latents.dim(0), latents.dim(1), latents.dim(2));
      try {
        batches.add(batch(request, pipeline, prompts, first, shape));
      } catch (DivergedException e) {
        throw model.blame(e);
      }
    }
    listener.stage("sampled in " + seconds(start));
    return batches;
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
    try (Memory.Scope scope = model.device().memory().scope()) {
      Tensor latents =
          pipeline.latents(
              noise.draw(model.device(), Noise.INITIAL, shape),
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

  private List<Pixels> decode(List<Tensor> batches) {
    long start = System.nanoTime();
    List<Pixels> pictures = new ArrayList<>();
    for (Tensor batch : batches) {
      Images images = model.decode(batch);
      for (int i = 0; i < images.count(); i++) {
        pictures.add(images.pixels(i));
      }
    }
    listener.stage("decoded in " + seconds(start));
    return pictures;
  }

  private static String seconds(long start) {
    return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - start) / 1e9);
  }
}
