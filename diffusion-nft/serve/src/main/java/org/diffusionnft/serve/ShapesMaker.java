package org.diffusionnft.serve;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Png;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.ShapesPrompt;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.weights.peft.AdapterFile;
import org.jspecify.annotations.Nullable;

/** Pictures of ShapesWorld, with the same bytes as those of {@code dnft sample} for one picture. */
public final class ShapesMaker implements PictureMaker {
  /** The enlargement of {@code dnft sample}. */
  private static final int SCALE = 8;

  /** Pictures of a batch: more are hardly faster, and a client that leaves waits for them. */
  private static final int TOGETHER = 16;

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
  public int mostTogether() {
    return TOGETHER;
  }

  @Override
  public List<List<byte[]>> make(List<Generation> wanted, PictureListener listener) {
    List<String> prompts = new ArrayList<>();
    List<Philox> noise = new ArrayList<>();
    for (Generation one : wanted) {
      for (int i = 0; i < one.count(); i++) {
        prompts.add(one.prompt());
        noise.add(new Philox(one.seed(), i));
      }
    }
    ShapesSampler sampler = sampler(wanted.getFirst());
    List<byte[]> pictures = new ArrayList<>();
    for (int first = 0; first < prompts.size(); first = pictures.size()) {
      int end = Math.min(first + TOGETHER, prompts.size());
      List<String> captions = prompts.subList(first, end);
      Images images = sampler.sample(captions, Noise.philox(noise.subList(first, end)));
      for (int i = 0; i < captions.size(); i++) {
        pictures.add(
            Png.encode(
                ShapesPictures.sheet(
                    1, SCALE, List.of(images.image(i)), captions.subList(i, i + 1))));
      }
      listener.evaluated(end, prompts.size());
    }
    List<List<byte[]>> made = new ArrayList<>();
    int first = 0;
    for (Generation one : wanted) {
      made.add(List.copyOf(pictures.subList(first, first + one.count())));
      first += one.count();
    }
    return made;
  }

  private ShapesSampler sampler(Generation wanted) {
    SamplingSettings usual = ShapesModel.SAMPLING;
    Integer steps = wanted.steps();
    Double guidance = wanted.guidance();
    SamplingSettings settings =
        usual
            .withSteps(steps == null ? usual.steps() : steps)
            .withGuidanceScale(guidance == null ? usual.guidanceScale() : guidance);
    return new ShapesSampler(model, policies.pass(wanted.model()), settings);
  }

  @Override
  public void close() {
    policies.close();
    model.close();
  }
}
