package org.diffusionnft.shapes;

import java.util.Locale;

/** The six colours of the world, far apart from each other and from the dark background. */
public enum Hue {
  RED(240, 45, 45),
  GREEN(40, 190, 60),
  BLUE(45, 70, 245),
  YELLOW(250, 225, 50),
  PURPLE(200, 60, 230),
  CYAN(50, 220, 235);

  /** The background of all scenes. */
  private static final float[] GROUND = {18 / 255f, 20 / 255f, 30 / 255f};

  @SuppressWarnings("ImmutableEnumChecker") // never written after construction
  private final float[] rgb;

  private final String word = name().toLowerCase(Locale.ROOT);

  Hue(int red, int green, int blue) {
    rgb = new float[] {red / 255f, green / 255f, blue / 255f};
  }

  /** One channel of the background in [0, 1]: 0 is red, 1 green, 2 blue. */
  public static float ground(int channel) {
    return GROUND[channel];
  }

  /** One channel of the colour in [0, 1]: 0 is red, 1 green, 2 blue. */
  public float channel(int channel) {
    return rgb[channel];
  }

  /** The word for this colour in prompts. */
  public String word() {
    return word;
  }
}
