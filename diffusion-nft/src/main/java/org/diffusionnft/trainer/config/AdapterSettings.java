package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;

import java.util.List;
import org.diffusionnft.models.AdapterConfig;

/**
 * The low-rank adapter (LoRA) that is trained.
 *
 * @param rank rank of the factors
 * @param alpha the product of the factors is scaled by {@code alpha / rank}
 * @param targets ends of the names of the linear layers that get one, at dots: {@code attn.to_q} is
 *     {@code transformer_blocks.3.attn.to_q} but not {@code transformer_blocks.3.attn2.to_q}
 */
public record AdapterSettings(int rank, double alpha, List<String> targets) {
  /** Checks the ranges. */
  public AdapterSettings {
    require("rank", rank, rank >= 1, "at least 1");
    requirePositive("alpha", alpha);
    targets = List.copyOf(targets);
    require("targets", targets, !targets.isEmpty(), "at least one layer");
  }

  /** Rank 32, alpha 64 on all projections of the joint attention. */
  public static AdapterSettings official() {
    return new AdapterSettings(32, 64, AdapterConfig.JOINT_ATTENTION);
  }

  /** The same for models. */
  public AdapterConfig toConfig() {
    return new AdapterConfig(rank, alpha, targets);
  }

  static AdapterSettings bind(Keys keys, AdapterSettings d) {
    return new AdapterSettings(
        keys.count("rank", d.rank),
        keys.number("alpha", d.alpha),
        keys.texts("targets", d.targets));
  }
}
