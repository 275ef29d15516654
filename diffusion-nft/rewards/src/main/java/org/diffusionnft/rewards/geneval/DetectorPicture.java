package org.diffusionnft.rewards.geneval;

import java.util.Arrays;
import org.diffusionnft.images.BilinearResize;
import org.diffusionnft.images.Filter;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.mask2former.Instances.Frame;
import org.diffusionnft.weights.mask2former.Mask2FormerPreprocessor;

/**
 * A picture as input of a Mask2Former.
 *
 * @param values {@code [3, height, width]} of the padded size, normalised
 * @param frame the part of it that is the picture
 */
@SuppressWarnings("ArrayRecordComponent") // read once, by the network
public record DetectorPicture(float[] values, Frame frame) {
  private static final int CHANNELS = 3;
  private static final int WHITE = 255;

  /** The padding value of mmdet's configuration, before normalisation. */
  private static final int PADDING = 128;

  /** The channel order of the network's input. */
  public enum Channels {
    /** As in GenEval's evaluation. */
    RGB,
    /** As in the reference code's trainer, which passes arrays to a function for files. */
    BGR
  }

  /**
   * As in mmdet, and therefore GenEval: OpenCV's resize, then grey padding on the right and at the
   * bottom.
   */
  public static DetectorPicture mmdet(
      Pixels picture, Mask2FormerPreprocessor settings, Channels channels) {
    Pixels small = mmdetResized(picture, settings);
    Frame frame =
        new Frame(
            picture.width(),
            picture.height(),
            small.width(),
            small.height(),
            upTo(small.width(), settings.divisor()),
            upTo(small.height(), settings.divisor()));
    int size = frame.paddedWidth() * frame.paddedHeight();
    float[] out = new float[CHANNELS * size];
    for (int c = 0; c < CHANNELS; c++) {
      int from = channels == Channels.RGB ? c : CHANNELS - 1 - c;
      float mean = (float) (settings.mean().get(c) * WHITE);
      float scale = (float) (1 / (settings.deviation().get(c) * WHITE));
      Arrays.fill(out, c * size, (c + 1) * size, (PADDING - mean) * scale);
      for (int i = 0; i < small.width() * small.height(); i++) {
        int value = small.rgb()[i * CHANNELS + from] & 0xff;
        int at = i / small.width() * frame.paddedWidth() + i % small.width();
        out[c * size + at] = (value - mean) * scale;
      }
    }
    return new DetectorPicture(out, frame);
  }

  /** The first step of {@link #mmdet}. */
  public static Pixels mmdetResized(Pixels picture, Mask2FormerPreprocessor settings) {
    int longer = Math.max(picture.width(), picture.height());
    int shorter = Math.min(picture.width(), picture.height());
    double scale =
        Math.min((double) settings.longest() / longer, (double) settings.shortest() / shorter);
    return BilinearResize.resize(
        picture,
        Math.max(1, (int) (picture.width() * scale + 0.5)),
        Math.max(1, (int) (picture.height() * scale + 0.5)));
  }

  /**
   * As in transformers' image processor: Pillow's resize, stretched to squares, without padding.
   */
  public static DetectorPicture transformers(
      Pixels picture, Mask2FormerPreprocessor settings, Channels channels) {
    int longer = Math.max(picture.width(), picture.height());
    int shorter = Math.min(picture.width(), picture.height());
    double most = (double) settings.longest() * shorter / longer;
    boolean capped = (double) longer / shorter * settings.shortest() > settings.longest();
    double exact = capped ? most : settings.shortest();
    int side = capped ? (int) Math.rint(most) : settings.shortest();
    int other = shorter == side ? longer : (int) (exact * longer / shorter);
    boolean upright = picture.width() < picture.height();
    int width = upTo(Math.max(1, upright ? side : other), settings.divisor());
    int height = upTo(Math.max(1, upright ? other : side), settings.divisor());
    Pixels small = picture.resize(width, height, Filter.BILINEAR);
    int size = width * height;
    float[] out = new float[CHANNELS * size];
    for (int c = 0; c < CHANNELS; c++) {
      int from = channels == Channels.RGB ? c : CHANNELS - 1 - c;
      double mean = settings.mean().get(c);
      double deviation = settings.deviation().get(c);
      for (int i = 0; i < size; i++) {
        int value = small.rgb()[i * CHANNELS + from] & 0xff;
        out[c * size + i] = (float) ((value / (double) WHITE - mean) / deviation);
      }
    }
    return new DetectorPicture(
        out, new Frame(picture.width(), picture.height(), width, height, width, height));
  }

  private static int upTo(int size, int divisor) {
    return Math.ceilDiv(size, divisor) * divisor;
  }
}
