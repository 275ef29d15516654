package org.diffusionnft.pipeline;

import io.soabase.recordbuilder.core.RecordBuilder;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.models.sampling.SkipLayerGuidance;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * A request for pictures: {@code PictureRequest.of("a cat").withSteps(28).withSeed(1)}.
 *
 * @param prompt description of the pictures
 * @param negative negative prompt for classifier-free guidance
 * @param width in pixels, a multiple of 16
 * @param height in pixels, a multiple of 16
 * @param steps sampling steps
 * @param guidance scale of classifier-free guidance; up to 1 for none
 * @param skipping skip-layer guidance; null for the model authors' recommendation
 * @param solver {@code flow}, {@code ddim}, {@code dpm1} or {@code dpm2}
 * @param seed of the noise; each picture has its own noise
 * @param count number of pictures
 * @param batch pictures per batch; affects memory and speed only
 */
@RecordBuilder
public record PictureRequest(
    String prompt,
    String negative,
    int width,
    int height,
    int steps,
    double guidance,
    @Nullable SkipLayerGuidance skipping,
    String solver,
    long seed,
    int count,
    int batch)
    implements PictureRequestBuilder.With {
  private static final int UNIT = 16;
  private static final int LARGEST = 1 << 14;
  private static final int MOST_STEPS = 1000;
  private static final int MOST_PICTURES = 10_000;

  /**
   * Checks the numbers.
   *
   * @throws InvalidInputException that names one that is out of range
   */
  public PictureRequest {
    requireSide("width", width);
    requireSide("height", height);
    require("steps", steps, MOST_STEPS);
    require("count", count, MOST_PICTURES);
    require("batch", batch, MOST_PICTURES);
    if (!Double.isFinite(guidance) || guidance < 0) {
      throw new InvalidInputException("guidance must be a number of at least 0, not " + guidance);
    }
  }

  /**
   * A request with the settings that Stable Diffusion 3.5's authors recommend: one picture of 1024
   * by 1024 pixels, 40 steps of {@code flow}, guidance 4.5.
   */
  public static PictureRequest of(String prompt) {
    return new PictureRequest(prompt, "", 1024, 1024, 40, 4.5, null, "flow", 0, 1, 1);
  }

  /** Classifier-free guidance. */
  public Guidance toGuidance() {
    return new Guidance(guidance);
  }

  private static void requireSide(String what, int side) {
    if (side < UNIT || side > LARGEST) {
      throw new InvalidInputException(
          "%s must be %d to %d pixels, not %d".formatted(what, UNIT, LARGEST, side));
    }
    if (side % UNIT != 0) {
      int nearest = Math.clamp(Math.round((double) side / UNIT), 1, LARGEST / UNIT) * UNIT;
      throw new InvalidInputException(
          what + " must be a multiple of 16, not " + side + ": " + nearest + " is the nearest");
    }
  }

  private static void require(String what, int value, int most) {
    if (value < 1 || value > most) {
      throw new InvalidInputException(what + " must be 1 to " + most + ", not " + value);
    }
  }
}
