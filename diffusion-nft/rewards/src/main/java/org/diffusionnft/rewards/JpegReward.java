package org.diffusionnft.rewards;

import java.awt.image.BufferedImage;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Jpeg;

/**
 * The size of pictures as JPEG files of quality 95 with halved chroma: {@code
 * jpeg_incompressibility} and {@code jpeg_compressibility} of the reference code's {@code
 * rewards.py}. They need no model, and what a policy learns is easy to see, so they are a good
 * first test of a new set-up.
 */
public final class JpegReward implements Reward {
  private static final float QUALITY = 0.95f;
  private static final double KILOBYTE = 1000;
  private static final double COMPRESSIBILITY = -1 / 500.0;

  private final double factor;

  private JpegReward(double factor) {
    this.factor = factor;
  }

  /** {@code jpeg_incompressibility}: kilobytes of 1000 bytes. */
  public static final class Incompressibility implements RewardProvider {
    @Override
    public String name() {
      return "jpeg_incompressibility";
    }

    @Override
    public String description() {
      return "the size of a picture as a JPEG file, in kilobytes: more for detail";
    }

    @Override
    public Reward open() {
      return new JpegReward(1);
    }
  }

  /** {@code jpeg_compressibility}: minus a 500th of the kilobytes. */
  public static final class Compressibility implements RewardProvider {
    @Override
    public String name() {
      return "jpeg_compressibility";
    }

    @Override
    public String description() {
      return "minus the size of a picture as a JPEG file, in units of 500 kilobytes: more for calm";
    }

    @Override
    public Reward open() {
      return new JpegReward(COMPRESSIBILITY);
    }
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    float[] scores = new float[images.count()];
    for (int i = 0; i < scores.length; i++) {
      BufferedImage picture = images.pixels(i).toImage();
      scores[i] = (float) (bytes(picture) / KILOBYTE * factor);
    }
    return scores;
  }

  /** The size of a picture's file. */
  static int bytes(BufferedImage picture) {
    return Jpeg.encode(picture, QUALITY).length;
  }
}
