package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;

import org.diffusionnft.trainer.grpo.GrpoLoss;
import org.diffusionnft.trainer.grpo.GuardLoss;
import org.diffusionnft.trainer.grpo.PathLoss;

/**
 * Settings of {@code algorithm: grpo}, which also uses {@code loss.advClipMax} and {@code
 * loss.advantageSpread}.
 *
 * @param clipRange how far the ratio of densities may go before it earns nothing. In the reference
 *     code: {@code train.clip_range}.
 * @param klWeight weight of the pull to the frozen base, 0 for none. In the reference code: {@code
 *     train.beta of Flow-GRPO}.
 * @param ratio what the ratio of densities is: {@code plain}, or {@code guarded} as in GRPO-Guard,
 *     where it has the same distribution at every step and each step has the same weight
 * @param sharedNoise whether all images of a prompt start from the same noise, as in DanceGRPO
 * @param randomTimesteps whether each image is trained at a random choice of its timesteps, as in
 *     DanceGRPO, or all at the first ones, as in Flow-GRPO
 */
public record GrpoSettings(
    double clipRange, double klWeight, Ratio ratio, boolean sharedNoise, boolean randomTimesteps) {
  /** The ratio of densities. */
  public enum Ratio {
    /** The ratio of Flow-GRPO. */
    PLAIN,
    /** The ratio of GRPO-Guard. */
    GUARDED
  }

  /** Checks the ranges. */
  public GrpoSettings {
    requirePositive("clipRange", clipRange);
    requireNotNegative("klWeight", klWeight);
  }

  /**
   * {@code clipRange: 1e-4, klWeight: 0.04, ratio: plain, sharedNoise: false, randomTimesteps:
   * false}.
   */
  public static GrpoSettings official() {
    return new GrpoSettings(1e-4, 0.04, Ratio.PLAIN, false, false);
  }

  /** The loss. */
  public PathLoss toLoss(double advClipMax) {
    return switch (ratio) {
      case PLAIN -> new GrpoLoss(clipRange, klWeight, advClipMax);
      case GUARDED -> new GuardLoss(clipRange, klWeight, advClipMax);
    };
  }

  static GrpoSettings bind(Keys keys, GrpoSettings d) {
    return new GrpoSettings(
        keys.number("clipRange", d.clipRange),
        keys.number("klWeight", d.klWeight),
        keys.choice("ratio", d.ratio),
        keys.flag("sharedNoise", d.sharedNoise),
        keys.flag("randomTimesteps", d.randomTimesteps));
  }
}
