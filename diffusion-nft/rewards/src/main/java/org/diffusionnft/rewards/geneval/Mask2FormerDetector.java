package org.diffusionnft.rewards.geneval;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.mask2former.Instances;
import org.diffusionnft.models.mask2former.Mask2Former;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardFiles;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.geneval.DetectorPicture.Channels;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.mask2former.Mask2FormerCheckpoint;
import org.diffusionnft.weights.mask2former.Mask2FormerPreprocessor;

/**
 * GenEval's own detector, Mask2Former with Swin-S, on its own device: the trainer's is bound to the
 * training thread.
 */
final class Mask2FormerDetector implements ObjectDetector {
  /** The number of query-class pairs that mmdet considers. */
  private static final int MOST = 100;

  private static final String FOLDER = "mask2former-swin-small-coco-instance";
  private static final String MMDET =
      "mask2former_swin-s-p4-w7-224_lsj_8x2_50e_coco_20220504_001756-743b7d99.pth";
  private static final String SHORT = "mask2former_swin-s-p4-w7-224_lsj_8x2_50e_coco.pth";

  private final Device device;
  private final Mask2FormerCheckpoint checkpoint;
  private final Mask2Former model;
  private final List<String> names;
  private final Preparation preparation;
  private final Channels channels;

  private interface Preparation {
    DetectorPicture of(Pixels picture, Mask2FormerPreprocessor settings, Channels channels);
  }

  private Mask2FormerDetector(
      Device device,
      Mask2FormerCheckpoint checkpoint,
      Mask2Former model,
      List<String> names,
      Preparation preparation,
      Channels channels) {
    this.device = device;
    this.checkpoint = checkpoint;
    this.model = model;
    this.names = names;
    this.preparation = preparation;
    this.channels = channels;
  }

  /**
   * Loads what the options name: {@code detector}, {@code labels}, {@code preprocessing}, {@code
   * channels} and {@code device}.
   *
   * @throws InvalidInputException if a file is missing or invalid
   */
  static Mask2FormerDetector open(RewardOptions options) {
    Path path =
        RewardFiles.require(
            options,
            "detector",
            "GenEval's detector",
            List.of(FOLDER, SHORT, MMDET),
            "huggingface.co/facebook/"
                + FOLDER
                + " (config.json, preprocessor_config.json, model.safetensors), or GenEval's own"
                + " .pth with evaluation/download_models.sh of github.com/djghosh13/geneval");
    Preparation preparation = preparation(options);
    Channels channels = channels(options);
    Optional<Path> labels = options.path("labels");
    try (Opening opening = new Opening()) {
      Device device = opening.add(options.openDevice());
      Mask2FormerCheckpoint checkpoint = opening.add(Mask2FormerCheckpoint.open(path));
      List<String> names =
          labels.isPresent()
              ? ObjectNames.read(labels.get(), checkpoint)
              : ObjectNames.of(checkpoint);
      return opening.done(
          new Mask2FormerDetector(
              device, checkpoint, checkpoint.load(device), names, preparation, channels));
    } catch (IOException e) {
      throw new InvalidInputException(
          "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
    }
  }

  private static Preparation preparation(RewardOptions options) {
    return choice(
        options,
        "preprocessing",
        "mmdet",
        Map.of("mmdet", DetectorPicture::mmdet, "transformers", DetectorPicture::transformers));
  }

  private static Channels channels(RewardOptions options) {
    return choice(options, "channels", "rgb", Map.of("rgb", Channels.RGB, "bgr", Channels.BGR));
  }

  private static <T> T choice(
      RewardOptions options, String key, String orElse, Map<String, T> choices) {
    String given = options.text(key, orElse);
    T chosen = choices.get(given);
    if (chosen == null) {
      throw new InvalidInputException(
          "rewards.%s.%s must be %s, not '%s'"
              .formatted(
                  options.reward(),
                  key,
                  String.join(" or ", choices.keySet().stream().sorted().toList()),
                  given));
    }
    return chosen;
  }

  @Override
  public void check(Demand demand) {
    List<Demand.Clause> clauses = new ArrayList<>(demand.include());
    clauses.addAll(demand.exclude());
    for (Demand.Clause clause : clauses) {
      if (!names.contains(clause.label())) {
        throw new InvalidInputException(
            ("the prompt asks for a '%s', which is none of the %d classes of the detector in %s:"
                    + " they begin with %s")
                .formatted(
                    clause.label(),
                    names.size(),
                    checkpoint.tensors().path(),
                    String.join(", ", names.subList(0, Math.min(5, names.size())))));
      }
    }
  }

  @Override
  public List<List<DetectedObject>> detect(Images images, List<Prompt> prompts) {
    List<List<DetectedObject>> all = new ArrayList<>();
    for (int i = 0; i < images.count(); i++) {
      all.add(detect(images.pixels(i)));
    }
    return all;
  }

  private List<DetectedObject> detect(Pixels pixels) {
    DetectorPicture picture = preparation.of(pixels, checkpoint.preprocessor(), channels);
    Instances.Frame frame = picture.frame();
    try (Memory.Scope _ = device.memory().scope()) {
      Tensor given =
          Tensor.of(device, picture.values(), 1, 3, frame.paddedHeight(), frame.paddedWidth());
      return Instances.of(model.forward(given), frame, MOST).stream()
          .map(found -> DetectedObject.of(found, names))
          .toList();
    }
  }

  @Override
  public void close() {
    model.close();
    checkpoint.close();
    device.close();
  }
}
