package org.diffusionnft.pipeline;

import org.diffusionnft.models.sampling.GuidedVelocity;
import org.diffusionnft.models.sampling.SkipLayerGuidance;
import org.jspecify.annotations.Nullable;

/**
 * What pictures are wanted.
 *
 * @param prompt what they show
 * @param negative what they are led away from by classifier-free guidance
 * @param width in pixels, a multiple of 16
 * @param height in pixels, a multiple of 16
 * @param steps sampling steps
 * @param guidance scale of classifier-free guidance; up to 1 for none, and then held as 1
 * @param skipping skip-layer guidance; null for what the model's authors recommend
 * @param solver {@code flow}, {@code ddim}, {@code dpm1} or {@code dpm2}
 * @param seed of the noise; each picture has noise of its own
 * @param count how many pictures
 * @param batch how many at once; changes memory and speed only
 * @param t5Tokens how many tokens of T5 the prompt has
 * @param withT5 whether T5 is used where there is one
 */
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
    int batch,
    int t5Tokens,
    boolean withT5) {
  private static final int UNIT = 16;
  private static final int LARGEST = 1 << 14;
  private static final int MOST_STEPS = 1000;
  private static final int MOST_PICTURES = 10_000;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException that names one that is out of range
   */
  public PictureRequest {
    requireSide("width", width);
    requireSide("height", height);
    require("steps", steps, MOST_STEPS);
    require("count", count, MOST_PICTURES);
    require("batch", batch, MOST_PICTURES);
    if (!Double.isFinite(guidance) || guidance < 0) {
      throw new IllegalArgumentException(
          "guidance must be a number of at least 0, not " + guidance);
    }
    guidance = GuidedVelocity.effective(guidance);
  }

  private static void requireSide(String what, int side) {
    if (side < UNIT || side > LARGEST || side % UNIT != 0) {
      int nearest = Math.clamp(Math.round((double) side / UNIT), 1, LARGEST / UNIT) * UNIT;
      throw new IllegalArgumentException(
          what + " must be a multiple of 16, not " + side + ": " + nearest + " is the nearest");
    }
  }

  private static void require(String what, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(what + " must be 1 to " + most + ", not " + value);
    }
  }
}
