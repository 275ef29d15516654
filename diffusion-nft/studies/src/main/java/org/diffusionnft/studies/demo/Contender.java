package org.diffusionnft.studies.demo;

import java.util.Locale;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.trainer.config.Algorithm;

/**
 * A model that is compared on the held-out prompts.
 *
 * @param key in {@code summary.json}
 * @param title in tables and pictures
 * @param guidance scale of classifier-free guidance; 1 for none
 */
public record Contender(String key, String title, double guidance) {
  /** The base model. */
  public static final Contender BASE = new Contender("base", "base", 1);

  /** The base model with guidance. */
  public static final Contender BASE_CFG =
      new Contender("baseCfg", "base + CFG " + number(ShapesModel.GUIDANCE), ShapesModel.GUIDANCE);

  /** The trained model, without guidance. */
  public static Contender trained(Algorithm algorithm) {
    return switch (algorithm) {
      case NFT -> new Contender("nft", "DiffusionNFT", 1);
      case GRPO -> new Contender("grpo", "GRPO", 1);
      case AWM -> new Contender("awm", "AWM", 1);
      case CRD -> new Contender("crd", "CRD", 1);
    };
  }

  private static String number(double x) {
    return x == Math.rint(x) ? String.format(Locale.ROOT, "%.0f", x) : Double.toString(x);
  }
}
