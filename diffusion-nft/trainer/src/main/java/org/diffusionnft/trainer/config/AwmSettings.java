package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;

import java.util.OptionalDouble;
import org.diffusionnft.trainer.objective.AwmLoss;
import org.diffusionnft.trainer.objective.AwmLoss.KlWeighting;
import org.diffusionnft.trainer.objective.Bounds;
import org.diffusionnft.trainer.objective.LikelihoodWeighting;

/**
 * Settings of {@code algorithm: awm}, which also uses {@code loss.advClipMax}, {@code
 * loss.advantageSpread} and {@code oldPolicy}. Names of the reference code are those of AWM's code.
 *
 * @param weighting what a log likelihood is made of a squared error: the negative error, or that
 *     times {@code t} or {@code t²}, or of its root or another power times {@code t}. In the
 *     reference code: {@code train.weighting}.
 * @param power of {@code weighting: ghuber}. In the reference code: {@code train.ghuber_power}.
 * @param clipRange how far the ratio of likelihoods may go before it earns nothing. In the
 *     reference code: {@code train.clip_range}.
 * @param advantageMax what an advantage of {@code loss.advClipMax} counts as. In the reference
 *     code: {@code train.advantage_max}.
 * @param klWeight weight of the pull to the frozen base, 0 for none. In the reference code: {@code
 *     train.beta}.
 * @param averageWeight weight of the pull to the average that {@code ema} keeps, 0 for none. In the
 *     reference code: {@code train.ema_beta}.
 * @param klWeighting how both pulls weigh noise levels: {@code uniform}, or {@code elbo}, which is
 *     divided by the variance of Flow-GRPO's steps. In the reference code: {@code train.kl_weight}.
 */
public record AwmSettings(
    LikelihoodWeighting weighting,
    double power,
    double clipRange,
    double advantageMax,
    double klWeight,
    double averageWeight,
    KlWeighting klWeighting) {
  /** Checks the ranges. */
  public AwmSettings {
    requirePositive("power", power);
    require("power", power, power <= 1, "at most 1");
    requirePositive("clipRange", clipRange);
    requirePositive("advantageMax", advantageMax);
    requireNotNegative("klWeight", klWeight);
    requireNotNegative("averageWeight", averageWeight);
  }

  /**
   * {@code weighting: ghuber, power: 0.25, clipRange: 1, advantageMax: 1, klWeight: 1e-3,
   * averageWeight: 1, klWeighting: uniform}.
   */
  public static AwmSettings official() {
    return new AwmSettings(LikelihoodWeighting.GHUBER, 0.25, 1, 1, 1e-3, 1, KlWeighting.UNIFORM);
  }

  /** The loss. */
  public AwmLoss toLoss(double advClipMax) {
    return new AwmLoss(
        weighting,
        power,
        AwmLoss.RatioOf.LEVEL,
        Bounds.aroundOne(clipRange),
        Bounds.within(advClipMax),
        OptionalDouble.of(advantageMax),
        klWeight,
        klWeighting,
        averageWeight,
        klWeighting);
  }

  static AwmSettings bind(Keys keys, AwmSettings d) {
    return new AwmSettings(
        keys.choice("weighting", d.weighting),
        keys.number("power", d.power),
        keys.number("clipRange", d.clipRange),
        keys.number("advantageMax", d.advantageMax),
        keys.number("klWeight", d.klWeight),
        keys.number("averageWeight", d.averageWeight),
        keys.choice("klWeighting", d.klWeighting));
  }
}
