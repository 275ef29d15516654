package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;

import org.diffusionnft.trainer.objective.Bounds;
import org.diffusionnft.trainer.objective.Centering;
import org.diffusionnft.trainer.objective.Centering.Objective;
import org.diffusionnft.trainer.objective.CrdLoss;

/**
 * Settings of {@code algorithm: crd}, which also uses {@code loss.advClipMax}, {@code
 * loss.advantageSpread} and {@code oldPolicy}. Names of the reference code are those of CRD in
 * Flow-Factory.
 *
 * @param beta by how much the rewards that the policy implies are multiplied before they are
 *     compared: the smaller, the longer the step. In the reference code: {@code crd_beta}.
 * @param objective how they are compared: {@code mse}, by their squared difference, or {@code bce},
 *     by the cross entropy of their sigmoids. In the reference code: {@code crd_loss_type}.
 * @param adaptive whether errors are divided by their own mean size. In the reference code: {@code
 *     adaptive_logp}.
 * @param temperature of the weights that images have in the mean which is taken off: negative for
 *     equal ones, else with two means, one of the better and one of the worse images. In the
 *     reference code: {@code weight_temp}.
 * @param klWeight weight of the pull to the frozen base, 0 for none. In the reference code: {@code
 *     kl_beta}.
 * @param klGuidance scale of classifier-free guidance of the base that is pulled to, up to 1 for
 *     none. In the reference code: {@code kl_cfg}.
 * @param rewardedPull whether the pull grows with the image's reward. In the reference code: {@code
 *     reward_adaptive_kl}.
 */
public record CrdSettings(
    double beta,
    Objective objective,
    boolean adaptive,
    double temperature,
    double klWeight,
    double klGuidance,
    boolean rewardedPull) {
  private static final double LARGEST_TEMPERATURE = 1e6;

  /** Checks the ranges. */
  public CrdSettings {
    requirePositive("beta", beta);
    require(
        "temperature", temperature, Math.abs(temperature) <= LARGEST_TEMPERATURE, "-1e6 to 1e6");
    requireNotNegative("klWeight", klWeight);
    requireNotNegative("klGuidance", klGuidance);
    require("klGuidance", klGuidance, klGuidance <= 1000, "at most 1000");
  }

  /**
   * {@code beta: 1, objective: mse, adaptive: true, temperature: -1, klWeight: 0.1, klGuidance:
   * 4.5, rewardedPull: true}.
   */
  public static CrdSettings official() {
    return new CrdSettings(1, Objective.MSE, true, -1, 0.1, 4.5, true);
  }

  /** The loss. */
  public CrdLoss toLoss(double advClipMax) {
    return new CrdLoss(
        new Centering(objective, beta, temperature),
        adaptive,
        Bounds.within(advClipMax),
        klWeight,
        rewardedPull);
  }

  static CrdSettings bind(Keys keys, CrdSettings d) {
    return new CrdSettings(
        keys.number("beta", d.beta),
        keys.choice("objective", d.objective),
        keys.flag("adaptive", d.adaptive),
        keys.number("temperature", d.temperature),
        keys.number("klWeight", d.klWeight),
        keys.number("klGuidance", d.klGuidance),
        keys.flag("rewardedPull", d.rewardedPull));
  }
}
