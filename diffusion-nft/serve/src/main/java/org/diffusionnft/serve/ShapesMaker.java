package org.diffusionnft.serve;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Png;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.ShapesPrompt;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.weights.peft.AdapterFile;
import org.jspecify.annotations.Nullable;

/** Pictures of ShapesWorld, with the same bytes as those of {@code dnft sample} for one picture. */
public final class ShapesMaker implements PictureMaker {
  /** The enlargement of {@code dnft sample}. */
  private static final int SCALE = 8;

  private final Mmdit model;
  private final Policies policies;

  private ShapesMaker(Mmdit model, Policies policies) {
    this.model = model;
    this.policies = policies;
  }

  /**
   * Opens the model.
   *
   * @param base its folder; null for the built-in one
   * @param adapters by name
   * @throws IOException if the model or an adapter is missing or damaged, or an adapter does not
   *     fit
   */
  public static ShapesMaker open(
      @Nullable Path base, SequencedMap<String, Path> adapters, Device device) throws IOException {
    try (Opening opening = new Opening()) {
      Mmdit model = opening.add(ShapesModel.open(base, device));
      Policies policies =
          Policies.load(adapters, path -> AdapterFile.load(path, model.config(), device));
      return opening.done(new ShapesMaker(model, policies));
    }
  }

  @Override
  public List<String> names() {
    return policies.names();
  }

  @Override
  public void check(Generation wanted) {
    policies.adapter(wanted.model());
    ShapesPrompt.parse(wanted.prompt());
    if (wanted.width() != 0) {
      throw new InvalidInputException(
          "pictures of ShapesWorld have one size: leave out size, or say auto");
    }
    if (!wanted.negative().isEmpty()) {
      throw new InvalidInputException("ShapesWorld knows no negative_prompt: leave it out");
    }
  }

  @Override
  public List<byte[]> make(Generation wanted, PictureListener listener) {
    SamplingSettings usual = ShapesModel.SAMPLING;
    Integer steps = wanted.steps();
    Double guidance = wanted.guidance();
    SamplingSettings settings =
        usual
            .withSteps(steps == null ? usual.steps() : steps)
            .withGuidanceScale(guidance == null ? usual.guidanceScale() : guidance);
    ShapesSampler sampler = new ShapesSampler(model, policies.pass(wanted.model()), settings);
    List<byte[]> pictures = new ArrayList<>();
    for (int i = 0; i < wanted.count(); i++) {
      // One by one: a picture must not depend on the number of others in the request.
      Images image = sampler.sample(List.of(wanted.prompt()), wanted.seed(), i);
      pictures.add(
          Png.encode(
              ShapesPictures.sheet(1, SCALE, List.of(image.image(0)), List.of(wanted.prompt()))));
      listener.evaluated(i + 1L, wanted.count());
    }
    return pictures;
  }

  @Override
  public void close() {
    policies.close();
    model.close();
  }
}
