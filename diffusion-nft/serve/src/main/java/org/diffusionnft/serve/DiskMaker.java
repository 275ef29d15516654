package org.diffusionnft.serve;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.images.Png;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.pipeline.PictureRequest;
import org.diffusionnft.pipeline.PictureSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.jspecify.annotations.Nullable;

/**
 * Pictures from a Stable Diffusion 3 model on disk, with the same pixels as {@code dnft sample}.
 */
public final class DiskMaker implements PictureMaker {
  private final PictureModel model;
  private final Policies policies;
  private final PictureRequest usual;
  private final long mostPixels;

  private DiskMaker(PictureModel model, Policies policies, PictureRequest usual, long mostPixels) {
    this.model = model;
    this.policies = policies;
    this.usual = usual;
    this.mostPixels = mostPixels;
  }

  /**
   * Opens the model.
   *
   * @param adapters by name
   * @param usual the defaults for requests
   * @param mostPixels the most pixels of a picture
   * @param cache folder that caches prompt embeddings, or null for none
   * @param listener receives warnings about truncated prompts
   * @throws IOException if the model or an adapter is missing or damaged, or an adapter does not
   *     fit
   */
  public static DiskMaker open(
      Path path,
      PictureModel.Options options,
      SequencedMap<String, Path> adapters,
      PictureRequest usual,
      long mostPixels,
      Device device,
      @Nullable Path cache,
      PictureListener listener)
      throws IOException {
    try (Opening opening = new Opening()) {
      PictureModel model = opening.add(PictureModel.open(path, options, device, cache, listener));
      model.requireTextEncoders();
      model.latents(usual.height(), usual.width());
      Policies policies = Policies.load(adapters, model::adapter);
      return opening.done(new DiskMaker(model, policies, usual, mostPixels));
    }
  }

  @Override
  public List<String> names() {
    return policies.names();
  }

  @Override
  public void check(Generation wanted) {
    policies.adapter(wanted.model());
    PictureRequest request = wanted.over(usual);
    model.latents(request.height(), request.width());
    if ((long) request.width() * request.height() > mostPixels) {
      throw new BadRequestException(
          "size",
          "a picture may have %d pixels here, not %d"
              .formatted(mostPixels, (long) request.width() * request.height()));
    }
  }

  /** A picture of such a model keeps all processors busy by itself. */
  @Override
  public int mostTogether() {
    return 1;
  }

  @Override
  public List<List<byte[]>> make(List<Generation> wanted, PictureListener listener)
      throws IOException {
    List<List<byte[]>> made = new ArrayList<>();
    for (Generation one : wanted) {
      made.add(
          new PictureSampler(model, policies.adapter(one.model()), listener)
              .pictures(one.over(usual)).stream().map(Png::encode).toList());
    }
    return made;
  }

  @Override
  public void close() {
    policies.close();
    model.close();
  }
}
