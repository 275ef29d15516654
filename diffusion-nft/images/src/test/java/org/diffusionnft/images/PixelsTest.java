package org.diffusionnft.images;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures as bytes: read from files of every kind, and made of numbers. */
class PixelsTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 20, 100, 127, 200, 255})
  void greysAreNotBrightened(int grey) throws IOException {
    BufferedImage picture = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    picture.getRaster().setSample(1, 0, 0, grey);
    byte value = (byte) grey;
    assertArrayEquals(new byte[] {0, 0, 0, value, value, value}, read(picture));
  }

  @Test
  void ofSixteenBitsTheUpperEightCount() throws IOException {
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    picture.getRaster().setSample(0, 0, 0, 0x12ff);
    assertArrayEquals(new byte[] {0x12, 0x12, 0x12}, read(picture));
  }

  @Test
  void transparencyIsLeftOut() throws IOException {
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    picture.setRGB(0, 0, 0x05010203);
    assertArrayEquals(new byte[] {1, 2, 3}, read(picture));
  }

  @Test
  void coloursOfAPaletteAreLookedUp() throws IOException {
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_INDEXED);
    picture.setRGB(0, 0, 0xff3366cc);
    assertArrayEquals(new byte[] {0x33, 0x66, (byte) 0xcc}, read(picture));
  }

  @Test
  void numbersAreRoundedAsPyTorchDoesIt() {
    float[] values = {-1, 1, -2, 0, 3, 0.5f, -1, 1, 0.0039f, 0, 0, Float.NaN};
    BufferedImage image = new Images(values, 3, 1, 4).pixels(0).toImage();
    // red -1 1 -2 0; green 3 .5 -1 1; blue .0039 0 0 NaN
    assertEquals(0xFF00FF80, image.getRGB(0, 0));
    assertEquals(0xFFFFBF80, image.getRGB(1, 0));
    assertEquals(0xFF000080, image.getRGB(2, 0));
    assertEquals(0xFF80FF00, image.getRGB(3, 0));
    Images grey = new Images(new float[4], 1, 1, 4);
    assertThrows(IllegalArgumentException.class, () -> grey.pixels(0));
  }

  private static byte[] read(BufferedImage picture) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(picture, "png", out);
    BufferedImage read = ImageIO.read(new ByteArrayInputStream(out.toByteArray()));
    return Pixels.of(read).rgb();
  }
}
