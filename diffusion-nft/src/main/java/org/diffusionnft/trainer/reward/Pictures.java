package org.diffusionnft.trainer.reward;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import org.diffusionnft.models.clip.Pixels;
import org.diffusionnft.models.clip.Planes;

/** Decoded images in the forms that rewards take. */
public final class Pictures {
  private Pictures() {}

  /**
   * Image {@code i} as numbers from 0 to 1, clamped as diffusers' image processor does it.
   *
   * @throws IllegalArgumentException if the images have not three channels
   */
  public static Planes planes(Images images, int i) {
    if (images.channels() != 3) {
      throw new IllegalArgumentException(
          "images of %d channels cannot be scored as pictures, which have 3"
              .formatted(images.channels()));
    }
    float[] values = images.image(i);
    for (int j = 0; j < values.length; j++) {
      values[j] = Math.clamp(values[j] / 2 + 0.5f, 0f, 1f);
    }
    return new Planes(images.width(), images.height(), values);
  }

  /** Image {@code i} as bytes. */
  public static Pixels pixels(Images images, int i) {
    return Pixels.of(planes(images, i).values(), images.width(), images.height());
  }

  /**
   * A picture that was read from a file, as the bytes that stand in it. {@link
   * BufferedImage#getRGB} would brighten greys, which it takes for linear light; transparency is
   * left out, and of 16 bits the upper 8 count, as with Pillow.
   */
  public static Pixels pixels(BufferedImage picture) {
    int width = picture.getWidth();
    ColorModel colours = picture.getColorModel();
    int depth = colours.getComponentSize(0);
    boolean stored = !(colours instanceof IndexColorModel) && depth >= Byte.SIZE;
    int[] bands = colours.getNumColorComponents() == 1 ? new int[3] : new int[] {0, 1, 2};
    byte[] rgb = new byte[3 * width * picture.getHeight()];
    for (int at = 0; at < rgb.length; at++) {
      int x = at / 3 % width;
      int y = at / 3 / width;
      int value =
          stored
              ? picture.getRaster().getSample(x, y, bands[at % 3]) >> (depth - Byte.SIZE)
              : picture.getRGB(x, y) >> (16 - Byte.SIZE * (at % 3));
      rgb[at] = (byte) value;
    }
    return new Pixels(width, picture.getHeight(), rgb);
  }

  /** A picture as the bytes of a PNG file. */
  public static byte[] png(Pixels pixels) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(buffered(pixels), "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** A picture to be drawn or written. */
  public static BufferedImage buffered(Pixels pixels) {
    BufferedImage picture =
        new BufferedImage(pixels.width(), pixels.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = pixels.rgb();
    for (int at = 0; at < rgb.length / 3; at++) {
      int value =
          (rgb[3 * at] & 0xff) << 16 | (rgb[3 * at + 1] & 0xff) << 8 | (rgb[3 * at + 2] & 0xff);
      picture.setRGB(at % pixels.width(), at / pixels.width(), value);
    }
    return picture;
  }
}
