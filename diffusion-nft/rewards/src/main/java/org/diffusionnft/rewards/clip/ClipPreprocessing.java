package org.diffusionnft.rewards.clip;

import org.diffusionnft.images.Filter;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Planes;

/**
 * The preprocessing of pictures for CLIP's image encoder. Three variants are in use, and scores
 * depend on the choice.
 *
 * @param size width and height of the encoder's input
 * @param mean of the channels, subtracted
 * @param std of the channels, divided by
 */
public record ClipPreprocessing(int size, float[] mean, float[] std) {
  private static final int CHANNELS = 3;

  /** The means and standard deviations of OpenAI's data, used by all published models. */
  public static ClipPreprocessing ofSize(int size) {
    return new ClipPreprocessing(
        size,
        new float[] {0.48145466f, 0.4578275f, 0.40821073f},
        new float[] {0.26862954f, 0.26130258f, 0.27577711f});
  }

  /**
   * transformers' {@code CLIPImageProcessor}: {@link #shrink}, centre crop, normalise.
   *
   * @return {@code [3, size, size]}
   */
  public float[] ofPixels(Pixels picture) {
    Pixels small = shrink(picture);
    return normalise(small, (small.width() - size) / 2, (small.height() - size) / 2);
  }

  /**
   * torchvision's transforms of pictures: like {@link #ofPixels}, but half of an odd remainder is
   * rounded to even.
   *
   * @return {@code [3, size, size]}
   */
  public float[] centred(Pixels picture) {
    Pixels small = shrink(picture);
    return normalise(
        small,
        (int) Math.rint((small.width() - size) / 2.0),
        (int) Math.rint((small.height() - size) / 2.0));
  }

  private float[] normalise(Pixels small, int left, int top) {
    Pixels square = small.crop(left, top, size, size);
    float[] out = new float[CHANNELS * size * size];
    for (int c = 0; c < CHANNELS; c++) {
      for (int i = 0; i < size * size; i++) {
        int value = square.rgb()[i * CHANNELS + c] & 0xff;
        out[c * size * size + i] = ((float) (value / 255.0) - mean[c]) / std[c];
      }
    }
    return out;
  }

  /** Pillow's bicubic resize to a shorter side of {@code size}. */
  public Pixels shrink(Pixels picture) {
    boolean upright = picture.width() <= picture.height();
    int other = longer(picture.width(), picture.height());
    return picture.resize(upright ? size : other, upright ? other : size, Filter.BICUBIC);
  }

  /**
   * The reference code's {@code ClipScorer} for tensors: bilinear resize to a shorter side of
   * {@code size}, centre crop, normalise.
   *
   * @param picture 0 to 1
   * @return {@code [3, size, size]}
   */
  public float[] bilinear(Planes picture) {
    boolean upright = picture.width() <= picture.height();
    int other = longer(picture.width(), picture.height());
    Planes small = picture.resize(upright ? size : other, upright ? other : size, Filter.BILINEAR);
    // torchvision rounds half of an odd remainder to even here
    int left = (int) Math.rint((small.width() - size) / 2.0);
    int top = (int) Math.rint((small.height() - size) / 2.0);
    return normalise(small.window(left, top, size, size));
  }

  /**
   * The reference code's {@code HPSv2Scorer} for tensors: bicubic resize to a longer side of {@code
   * size}, zero padding, normalise.
   *
   * @param picture 0 to 1
   * @return {@code [3, size, size]}
   */
  public float[] padded(Planes picture) {
    double scale = size / (double) Math.max(picture.width(), picture.height());
    int width = Math.max(1, (int) Math.rint(picture.width() * scale));
    int height = Math.max(1, (int) Math.rint(picture.height() * scale));
    Planes small = picture.resize(width, height, Filter.BICUBIC);
    return normalise(small.window(-((size - width) / 2), -((size - height) / 2), size, size));
  }

  private int longer(int width, int height) {
    int shorter = Math.min(width, height);
    return (int) ((long) size * Math.max(width, height) / shorter);
  }

  private float[] normalise(Planes square) {
    float[] out = new float[CHANNELS * size * size];
    for (int c = 0; c < CHANNELS; c++) {
      for (int i = 0; i < size * size; i++) {
        int at = c * size * size + i;
        out[at] = (square.values()[at] - mean[c]) / std[c];
      }
    }
    return out;
  }
}
