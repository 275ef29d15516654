package org.diffusionnft.rewards.onnx;

import java.util.Locale;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.clip.ClipPreprocessing;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Preprocessing of a picture for a network: the shorter side is resized to {@code size} pixels and
 * the centre is cropped, to {@code [3, size, size]}.
 *
 * @param size of both sides
 * @param way how values are shifted and scaled
 */
record PicturePreparation(int size, Way way) {
  private static final float[] ZERO = {0, 0, 0};
  private static final float[] ONE = {1, 1, 1};
  private static final float[] HALF = {0.5f, 0.5f, 0.5f};

  /** The kinds of preprocessing by name. */
  @SuppressWarnings("ImmutableEnumChecker") // the arrays are never modified
  enum Way {
    /** OpenAI's CLIP. */
    CLIP(
        new float[] {0.48145466f, 0.4578275f, 0.40821073f},
        new float[] {0.26862954f, 0.26130258f, 0.27577711f}),
    /** Networks that were trained on ImageNet with torchvision. */
    IMAGENET(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f}),
    /** From 0 to 1. */
    UNIT(ZERO, ONE),
    /** From -1 to 1. */
    SIGNED(HALF, HALF);

    private final float[] mean;
    private final float[] deviation;

    Way(float[] mean, float[] deviation) {
      this.mean = mean;
      this.deviation = deviation;
    }
  }

  /** Reads {@code preprocessing} (clip) and {@code size} (224). */
  static PicturePreparation of(RewardOptions options) {
    String name = options.text("preprocessing", "clip");
    int size = options.count("size", 224);
    if (size > 8192) {
      throw new InvalidInputException(
          "rewards.%s.size must be at most 8192, not %d".formatted(options.reward(), size));
    }
    for (Way way : Way.values()) {
      if (way.name().toLowerCase(Locale.ROOT).equals(name)) {
        return new PicturePreparation(size, way);
      }
    }
    throw new InvalidInputException(
        "rewards.%s.preprocessing must be clip, imagenet, unit or signed, not '%s'"
            .formatted(options.reward(), name));
  }

  /** {@code [3, size, size]}. */
  float[] prepare(Images images, int number) {
    Pixels picture = images.pixels(number);
    return new ClipPreprocessing(size, way.mean, way.deviation).ofPixels(picture);
  }
}
