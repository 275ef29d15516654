package org.diffusionnft.trainer.reward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read from a picture's file is what stands in it, whatever kind of picture it is. */
class PicturesTest {

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

  private static byte[] read(BufferedImage picture) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(picture, "png", out);
    BufferedImage read = ImageIO.read(new ByteArrayInputStream(out.toByteArray()));
    return Pictures.pixels(read).rgb();
  }
}
