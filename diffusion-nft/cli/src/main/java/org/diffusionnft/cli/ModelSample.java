package org.diffusionnft.cli;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Png;
import org.diffusionnft.images.Sheet;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.pipeline.PictureRequest;
import org.diffusionnft.pipeline.PictureSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.weights.io.AtomicFile;
import org.jspecify.annotations.Nullable;

/** {@code dnft sample --model}: samples pictures with a model on disk. */
final class ModelSample {
  private static final String SUFFIX = ".png";
  private static final int GAP = 8;

  private final ComputeOptions compute;
  private final ModelOptions model;
  private final PictureOptions options;
  private final CacheOptions caching;
  private final Precision precision;

  ModelSample(
      ComputeOptions compute,
      ModelOptions model,
      PictureOptions options,
      CacheOptions caching,
      Precision precision) {
    this.compute = compute;
    this.model = model;
    this.options = options;
    this.caching = caching;
    this.precision = precision;
  }

  /** Samples the pictures and writes them; returns the files. */
  List<Path> run(PictureRequest request, @Nullable Path adapterPath, Path out) throws IOException {
    PictureSheet.require(
        request.count(), count -> layout(count, request.width(), request.height()));
    try (Device device = compute.open();
        ConsoleListener listener = new ConsoleListener();
        PictureModel opened =
            PictureModel.open(
                model.required(),
                options.toModel(model.parts(), precision),
                device,
                caching.folder(),
                listener)) {
      Adapter adapter = adapterPath == null ? null : opened.adapter(adapterPath);
      try {
        List<Pixels> pictures = new PictureSampler(opened, adapter, listener).pictures(request);
        return write(pictures, request, adapterPath, out);
      } finally {
        if (adapter != null) {
          adapter.close();
        }
      }
    }
  }

  private List<Path> write(
      List<Pixels> pictures, PictureRequest request, @Nullable Path adapter, Path out)
      throws IOException {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("Software", "dnft " + Version.number());
    texts.put("prompt", request.prompt());
    texts.put("negative prompt", request.negative());
    texts.put("parameters", parameters(request, adapter));
    List<Path> files = new ArrayList<>();
    if (pictures.size() > 1) {
      String stem = out.toString().substring(0, out.toString().length() - SUFFIX.length());
      for (int i = 0; i < pictures.size(); i++) {
        Path file = Path.of(stem + "-" + (i + 1) + SUFFIX);
        texts.put("picture", (i + 1) + " of " + pictures.size());
        AtomicFile.write(file, Png.encode(pictures.get(i), texts));
        files.add(file);
      }
      texts.remove("picture");
    }
    AtomicFile.write(out, Png.encode(sheet(pictures), texts));
    files.add(out);
    return files;
  }

  /** A sheet of all pictures, as square as possible. */
  private static BufferedImage sheet(List<Pixels> pictures) {
    Pixels first = pictures.getFirst();
    return layout(pictures.size(), first.width(), first.height())
        .draw(pictures.stream().map(Pixels::toImage).toList());
  }

  private static Sheet layout(int count, int width, int height) {
    int columns = (int) Math.ceil(Math.sqrt(count));
    return new Sheet(columns, width, height).withGap(GAP).on(Color.BLACK);
  }

  private String parameters(PictureRequest r, @Nullable Path adapter) {
    return String.join(
        ", ",
        "model " + model.path(),
        "adapter " + (adapter == null ? "none" : adapter),
        "size " + r.width() + "x" + r.height(),
        "steps " + r.steps(),
        "guidance " + r.toGuidance().scale(),
        "skip-layer guidance " + (r.skipping() == null ? "as recommended" : r.skipping()),
        "solver " + r.solver(),
        "seed " + r.seed(),
        "T5 " + options.t5(),
        "precision " + precision.option());
  }

  /** Shows the events of the sampler. */
  private final class ConsoleListener implements PictureListener, AutoCloseable {
    private @Nullable Progress progress;

    @Override
    public void warning(String sentence) {
      compute.warn(sentence);
    }

    @Override
    public void stage(String sentence) {
      close();
      compute.note(sentence);
    }

    @Override
    public void evaluated(long done, long all) {
      if (progress == null) {
        progress = compute.progress("sampling", done - 1, all);
      }
      progress.to(done, "");
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
        progress = null;
      }
    }
  }
}
