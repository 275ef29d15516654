package org.diffusionnft.images;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Pictures as files, read back by the JDK's own reader. */
class PngTest {
  @Test
  void textsAndPixelsComeBack() throws IOException {
    BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    image.setRGB(2, 1, 0x123456);
    byte[] png = Png.encode(image, Map.of("prompt", "a c\u00e4t \ud83d\ude00, \u65e5\u672c"));
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(png))) {
      ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
      reader.setInput(in);
      assertEquals(0xFF123456, reader.read(0).getRGB(2, 1));
      Element root = (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
      NodeList texts = root.getElementsByTagName("iTXtEntry");
      assertEquals(1, texts.getLength());
      Element text = (Element) texts.item(0);
      assertEquals("prompt", text.getAttribute("keyword"));
      assertEquals("a c\u00e4t \ud83d\ude00, \u65e5\u672c", text.getAttribute("text"));
    }
  }

  @Test
  void everyFilterGivesTheSamePixels() throws IOException {
    Random random = new Random(1);
    for (int kind = 0; kind < 6; kind++) {
      byte[] rgb = new byte[3 * 17 * 23];
      for (int i = 0; i < rgb.length; i++) {
        int x = i / 3 % 17;
        int y = i / 51;
        rgb[i] =
            (byte)
                switch (kind) {
                  case 0 -> random.nextInt();
                  case 1 -> 7 * x;
                  case 2 -> 7 * y;
                  case 3 -> 5 * x + 9 * y;
                  case 4 -> 5 * x + random.nextInt(4);
                  default -> 0;
                };
      }
      Pixels picture = new Pixels(17, 23, rgb);
      BufferedImage read = ImageIO.read(new ByteArrayInputStream(Png.encode(picture)));
      assertArrayEquals(rgb, Pixels.of(read).rgb(), "kind " + kind);
    }
  }
}
