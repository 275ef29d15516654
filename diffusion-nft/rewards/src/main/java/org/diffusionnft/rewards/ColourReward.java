package org.diffusionnft.rewards;

import java.util.List;
import java.util.regex.Pattern;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Planes;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * {@code colour}: how close the pixels of a picture are to one colour, whatever the prompt. It
 * needs no model and conflicts with rewards for content, so it shows what a policy sacrifices for a
 * reward.
 */
public final class ColourReward implements Reward {
  private static final Pattern HEX = Pattern.compile("#?([0-9a-fA-F]{6})");
  private static final double CHANNEL = 255;

  private final double[] wish = new double[3];

  private ColourReward(String hex) {
    int rgb = Integer.parseInt(hex, 16);
    for (int channel = 0; channel < wish.length; channel++) {
      wish[channel] = ((rgb >> (8 * (2 - channel))) & 0xff) / CHANNEL;
    }
  }

  /** Option {@code wish}: the colour, six hexadecimal digits as in HTML. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "colour";
    }

    @Override
    public String description() {
      return "1 if all of a picture has the colour that is wished, 0 if it is as far from it as"
          + " black from white";
    }

    @Override
    public Reward open(RewardOptions options) {
      String text = options.require("wish", "the colour as six hexadecimal digits");
      options.refuseOthers();
      var hex = HEX.matcher(text);
      if (!hex.matches()) {
        throw new InvalidInputException(
            "rewards.%s.wish must be six hexadecimal digits such as '3060c0', not '%s'"
                .formatted(options.reward(), text));
      }
      return new ColourReward(hex.group(1));
    }
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    float[] scores = new float[images.count()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (1 - distance(images.planes(i)) / Math.sqrt(wish.length));
    }
    return scores;
  }

  /** The mean over pixels of the distance in RGB, in [0, sqrt(3)]. */
  private double distance(Planes picture) {
    float[] values = picture.values();
    int plane = picture.width() * picture.height();
    double sum = 0;
    for (int pixel = 0; pixel < plane; pixel++) {
      double squares = 0;
      for (int channel = 0; channel < wish.length; channel++) {
        double d = values[channel * plane + pixel] - wish[channel];
        squares += d * d;
      }
      sum += Math.sqrt(squares);
    }
    return sum / plane;
  }
}
