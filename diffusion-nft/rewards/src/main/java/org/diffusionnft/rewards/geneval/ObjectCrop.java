package org.diffusionnft.rewards.geneval;

import java.util.BitSet;
import org.diffusionnft.images.Pixels;

/** The part of a picture that shows an object. */
public final class ObjectCrop {
  /** GenEval's grey, {@code #999}. */
  public static final int GREY = 0x99_99_99;

  private static final int CHANNELS = 3;

  private ObjectCrop() {}

  /**
   * The content of an object's box; pixels outside its mask, if it has one, are painted over.
   *
   * @param background red, green and blue, 8 bits each
   */
  public static Pixels of(Pixels picture, DetectedObject object, int background) {
    double[] box = object.box();
    int left = Math.clamp((long) Math.rint(box[0]), 0, picture.width() - 1);
    int top = Math.clamp((long) Math.rint(box[1]), 0, picture.height() - 1);
    int right = Math.clamp((long) Math.rint(box[2]), left + 1, picture.width());
    int bottom = Math.clamp((long) Math.rint(box[3]), top + 1, picture.height());
    Pixels crop = picture.crop(left, top, right - left, bottom - top);
    BitSet mask = object.mask();
    if (mask == null) {
      return crop;
    }
    byte[] rgb = crop.rgb();
    for (int i = 0; i < rgb.length / CHANNELS; i++) {
      int at = (top + i / crop.width()) * picture.width() + left + i % crop.width();
      for (int c = 0; c < CHANNELS && !mask.get(at); c++) {
        rgb[i * CHANNELS + c] = (byte) (background >> (16 - Byte.SIZE * c));
      }
    }
    return new Pixels(crop.width(), crop.height(), rgb);
  }
}
