package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requirePositive;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireWithin;

import java.util.List;
import org.diffusionnft.models.adapter.AdapterConfig;

/**
 * The low-rank adapter (LoRA) that is trained: a new or an existing one.
 *
 * <p>For an existing adapter, values left open (a rank or alpha of 0, no targets) are taken from
 * it, and all others must equal its own.
 *
 * @param start a PEFT folder or diffusers' file to start from; {@code none} for a new one. In the
 *     reference code: {@code train.lora_path}.
 * @param rank rank of the factors
 * @param alpha the product of the factors is scaled by {@code alpha / rank}
 * @param targets ends of the names of the linear layers that get one, at dots: {@code attn.to_q} is
 *     {@code transformer_blocks.3.attn.to_q} but not {@code transformer_blocks.3.attn2.to_q}
 */
public record AdapterSettings(String start, int rank, double alpha, List<String> targets) {
  private static final String NONE = "none";

  /** More than the width of any layer: a rank above that adds nothing. */
  private static final int LARGEST_RANK = 4096;

  /** Checks the ranges. */
  public AdapterSettings {
    targets = List.copyOf(targets);
    if (start.equals(NONE)) {
      requireWithin("rank", rank, 1, LARGEST_RANK);
      requirePositive("alpha", alpha);
      require("targets", targets, !targets.isEmpty(), "at least one layer");
    } else {
      requireWithin("rank", rank, 0, LARGEST_RANK);
      requireNotNegative("alpha", alpha);
    }
  }

  /** A new adapter. */
  public AdapterSettings(int rank, double alpha, List<String> targets) {
    this(NONE, rank, alpha, targets);
  }

  /** An existing adapter, with all of its own values. */
  public static AdapterSettings startingFrom(String path) {
    return new AdapterSettings(path, 0, 0, List.of());
  }

  /** Rank 32, alpha 64 on all projections of the joint attention. */
  public static AdapterSettings official() {
    return new AdapterSettings(32, 64, AdapterConfig.JOINT_ATTENTION);
  }

  /** Whether training starts from an existing adapter. */
  public boolean hasStart() {
    return !start.equals(NONE);
  }

  /** These settings with open values filled in from an adapter's. */
  public AdapterSettings settled(AdapterConfig config) {
    return new AdapterSettings(start, config.rank(), config.alpha(), config.targetModules());
  }

  /** These settings in the form that models use. */
  public AdapterConfig toConfig() {
    return new AdapterConfig(rank, alpha, targets);
  }

  static AdapterSettings bind(Keys keys, AdapterSettings d) {
    String start = keys.text("start", d.start);
    AdapterSettings open = start.equals(d.start) ? d : startingFrom(start);
    return new AdapterSettings(
        start,
        keys.count("rank", open.rank),
        keys.number("alpha", open.alpha),
        keys.texts("targets", open.targets));
  }
}
