package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;

import org.diffusionnft.trainer.grpo.GrpoLoss;

/**
 * What {@code algorithm: grpo} needs: it also takes {@code loss.advClipMax} and {@code
 * loss.advantageSpread}.
 *
 * @param clipRange how far the ratio of densities may go before it earns nothing. In the reference
 *     code: {@code train.clip_range}.
 * @param klWeight weight of the pull to the frozen base, 0 for none. In the reference code: {@code
 *     train.beta of Flow-GRPO}.
 * @param sharedNoise whether all images of a prompt start from the same noise, as in DanceGRPO
 * @param randomTimesteps whether each image is trained at a random choice of its timesteps, as in
 *     DanceGRPO, or all at the first ones, as in Flow-GRPO
 */
public record GrpoSettings(
    double clipRange, double klWeight, boolean sharedNoise, boolean randomTimesteps) {
  /** Checks the ranges. */
  public GrpoSettings {
    requirePositive("clipRange", clipRange);
    requireNotNegative("klWeight", klWeight);
  }

  /** {@code clipRange: 1e-4, klWeight: 0.04, sharedNoise: false, randomTimesteps: false}. */
  public static GrpoSettings official() {
    return new GrpoSettings(1e-4, 0.04, false, false);
  }

  /** The loss. */
  public GrpoLoss toLoss(double advClipMax) {
    return new GrpoLoss(clipRange, klWeight, advClipMax);
  }

  static GrpoSettings bind(Keys keys, GrpoSettings d) {
    return new GrpoSettings(
        keys.number("clipRange", d.clipRange),
        keys.number("klWeight", d.klWeight),
        keys.flag("sharedNoise", d.sharedNoise),
        keys.flag("randomTimesteps", d.randomTimesteps));
  }
}
