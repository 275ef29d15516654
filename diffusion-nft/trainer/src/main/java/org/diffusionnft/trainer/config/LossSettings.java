package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;

import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.LossBranches;
import org.diffusionnft.trainer.nft.LossWeighting;
import org.diffusionnft.trainer.nft.NftLoss;
import org.diffusionnft.trainer.nft.PromptStatistics.Spread;

/**
 * The loss; see {@link NftLoss}.
 *
 * @param guidanceBeta {@code β} of the implicit policies: {@code config.beta} in the reference code
 * @param referenceMseWeight pull towards the frozen base: {@code config.train.beta}, its "KL ratio"
 * @param advClipMax standard deviations that advantages are clipped to
 * @param advantageMode {@code all}, {@code positive_only}, {@code negative_only}, {@code one_only}
 *     or {@code binary}
 * @param branches {@code both} policies, or one of the simpler methods that leave the negative one
 *     out: {@code positive}, {@code accepted}
 * @param weighting {@code self_normalized}, {@code uniform} or {@code one_minus_t}
 * @param advantageSpread what advantages are divided by: the standard deviation of all rewards of
 *     the epoch, {@code global}, or of the prompt's, {@code per_prompt}
 * @param measureReference whether the distance to the frozen base is measured where it has no
 *     weight: shows how far the policy has gone, and costs a forward pass
 */
public record LossSettings(
    double guidanceBeta,
    double referenceMseWeight,
    double advClipMax,
    AdvantageMode advantageMode,
    LossBranches branches,
    LossWeighting weighting,
    Spread advantageSpread,
    boolean measureReference) {
  /** Checks the ranges. */
  public LossSettings {
    requirePositive("guidanceBeta", guidanceBeta);
    requireNotNegative("referenceMseWeight", referenceMseWeight);
    requirePositive("advClipMax", advClipMax);
  }

  /**
   * {@code guidanceBeta: 1, referenceMseWeight: 1e-4, advClipMax: 5, advantageMode: all, branches:
   * both, weighting: self_normalized, advantageSpread: global, measureReference: false}.
   */
  public static LossSettings official() {
    return new LossSettings(
        1,
        1e-4,
        5,
        AdvantageMode.ALL,
        LossBranches.BOTH,
        LossWeighting.SELF_NORMALIZED,
        Spread.GLOBAL,
        false);
  }

  /** Whether the base model must be run beside the policy. */
  public boolean needsReference() {
    return measureReference || referenceMseWeight > 0;
  }

  /** The loss. */
  public NftLoss toLoss() {
    return new NftLoss(
        guidanceBeta, referenceMseWeight, advClipMax, advantageMode, branches, weighting);
  }

  static LossSettings bind(Keys keys, LossSettings d) {
    return new LossSettings(
        keys.number("guidanceBeta", d.guidanceBeta),
        keys.number("referenceMseWeight", d.referenceMseWeight),
        keys.number("advClipMax", d.advClipMax),
        keys.choice("advantageMode", d.advantageMode),
        keys.choice("branches", d.branches),
        keys.choice("weighting", d.weighting),
        keys.choice("advantageSpread", d.advantageSpread),
        keys.flag("measureReference", d.measureReference));
  }
}
