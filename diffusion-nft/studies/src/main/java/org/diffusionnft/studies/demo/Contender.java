package org.diffusionnft.studies.demo;

import java.util.Locale;
import org.diffusionnft.shapes.model.ShapesModel;

/** Who is compared on the held-out prompts, in the order of the tables. */
public enum Contender {
  /** The base model. */
  BASE("base", "base", 1),
  /** The base model with classifier-free guidance. */
  BASE_CFG("baseCfg", "base + CFG " + number(ShapesModel.GUIDANCE), ShapesModel.GUIDANCE),
  /** What DiffusionNFT made of the base model, without guidance. */
  NFT("nft", "DiffusionNFT", 1);

  private final String key;
  private final String title;
  private final double guidance;

  Contender(String key, String title, double guidance) {
    this.key = key;
    this.title = title;
    this.guidance = guidance;
  }

  /** Its key in {@code summary.json}. */
  public String key() {
    return key;
  }

  /** What tables and pictures call it. */
  public String title() {
    return title;
  }

  double guidance() {
    return guidance;
  }

  private static String number(double x) {
    return x == Math.rint(x) ? String.format(Locale.ROOT, "%.0f", x) : Double.toString(x);
  }
}
