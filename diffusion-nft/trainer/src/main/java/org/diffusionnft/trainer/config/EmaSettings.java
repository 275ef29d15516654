package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;

/**
 * The exponential moving average of the adapter, which is what evaluations and saved adapters use.
 *
 * @param enabled whether there is one. In the reference code: {@code train.ema}.
 * @param decay the most that its decay {@code min((1 + s) / (10 + s), decay)} grows to
 * @param interval optimizer steps between updates
 */
public record EmaSettings(boolean enabled, double decay, int interval) {
  /** Checks the ranges. */
  public EmaSettings {
    require("decay", decay, decay >= 0 && decay < 1, "at least 0 and below 1");
    require("interval", interval, interval >= 1, "at least 1");
  }

  /** {@code enabled: true, decay: 0.9, interval: 1}. */
  public static EmaSettings official() {
    return new EmaSettings(true, 0.9, 1);
  }

  static EmaSettings bind(Keys keys, EmaSettings d) {
    return new EmaSettings(
        keys.flag("enabled", d.enabled),
        keys.number("decay", d.decay),
        keys.count("interval", d.interval));
  }
}
