package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
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
 * @param guidanceBeta {@code β} of the implicit policies: the smaller, the longer the step. In the
 *     reference code: {@code beta}.
 * @param referenceMseWeight pull towards the frozen base. In the reference code: {@code
 *     train.beta}.
 * @param advClipMax standard deviations that advantages are clipped to. In the reference code:
 *     {@code train.adv_clip_max}.
 * @param advantageMode what becomes of clipped advantages: nothing, or only the positive or
 *     negative ones stay, or 1 for positive ones and 0 for others, or their sign. In the reference
 *     code: {@code train.adv_mode}.
 * @param branches {@code both} policies, or one of the simpler methods that leave the negative one
 *     out: {@code positive}, {@code accepted}
 * @param weighting how squared errors of velocities weigh: divided by their own mean size, as in
 *     the reference code, or as they are, or times {@code t} or {@code 1 - t}
 * @param optimalityOffset added to the optimality of every image, from 0 to 0.5: the policy also
 *     learns its own images a little, which delays the collapse of long runs; ShapesWorld's takes
 *     0.02. Not in the reference code.
 * @param advantageSpread what advantages are divided by: the standard deviation of all rewards of
 *     the epoch, {@code global}, or of the prompt's, {@code per_prompt}. In the reference code:
 *     {@code sample.global_std}.
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
    double optimalityOffset,
    Spread advantageSpread,
    boolean measureReference) {
  /** Checks the ranges. */
  public LossSettings {
    requirePositive("guidanceBeta", guidanceBeta);
    requireNotNegative("referenceMseWeight", referenceMseWeight);
    requirePositive("advClipMax", advClipMax);
    require(
        "optimalityOffset",
        optimalityOffset,
        optimalityOffset >= 0 && optimalityOffset <= 0.5,
        "from 0 to 0.5");
  }

  /**
   * {@code guidanceBeta: 1, referenceMseWeight: 1e-4, advClipMax: 5, advantageMode: all, branches:
   * both, weighting: self_normalized, optimalityOffset: 0, advantageSpread: global,
   * measureReference: false}.
   */
  public static LossSettings official() {
    return new LossSettings(
        1,
        1e-4,
        5,
        AdvantageMode.ALL,
        LossBranches.BOTH,
        LossWeighting.SELF_NORMALIZED,
        0,
        Spread.GLOBAL,
        false);
  }

  /** Whether the base model must be run as well as the policy. */
  public boolean needsReference() {
    return measureReference || referenceMseWeight > 0;
  }

  /** The loss. */
  public NftLoss toLoss() {
    return new NftLoss(
        guidanceBeta,
        referenceMseWeight,
        advClipMax,
        advantageMode,
        branches,
        weighting,
        optimalityOffset);
  }

  static LossSettings bind(Keys keys, LossSettings d) {
    return new LossSettings(
        keys.number("guidanceBeta", d.guidanceBeta),
        keys.number("referenceMseWeight", d.referenceMseWeight),
        keys.number("advClipMax", d.advClipMax),
        keys.choice("advantageMode", d.advantageMode),
        keys.choice("branches", d.branches),
        keys.choice("weighting", d.weighting),
        keys.number("optimalityOffset", d.optimalityOffset),
        keys.choice("advantageSpread", d.advantageSpread),
        keys.flag("measureReference", d.measureReference));
  }
}
