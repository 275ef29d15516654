package org.diffusionnft.trainer.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.diffusionnft.models.SkipLayerGuidance;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Pictures as files, read back by the JDK's own reader. */
class PngFileTest {
  @Test
  void textsAndPixelsComeBack() throws IOException {
    BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    image.setRGB(2, 1, 0x123456);
    byte[] png = PngFile.encode(image, Map.of("prompt", "a c\u00e4t \ud83d\ude00, \u65e5\u672c"));
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
  void numbersBecomeBytes() {
    try (Device device = new ReferenceDevice()) {
      float[] values = {-1, 1, -2, 0, 3, 0.5f, -1, 1, 0.0039f, 0, 0, Float.NaN};
      BufferedImage image = Pixels.toImage(Tensor.of(device, values, 1, 3, 1, 4));
      // red -1 1 -2 0; green 3 .5 -1 1; blue .0039 0 0 NaN
      assertEquals(0xFF00FF80, image.getRGB(0, 0));
      assertEquals(0xFFFFBF80, image.getRGB(1, 0));
      assertEquals(0xFF000080, image.getRGB(2, 0));
      assertEquals(0xFF80FF00, image.getRGB(3, 0));
      assertThrows(
          IllegalArgumentException.class,
          () -> Pixels.toImage(Tensor.of(device, values, 3, 1, 1, 4)));
    }
  }

  @Test
  void sheets() {
    BufferedImage one = new BufferedImage(10, 6, BufferedImage.TYPE_INT_RGB);
    one.setRGB(0, 0, 0xFFFFFF);
    BufferedImage sheet = ContactGrid.of(List.of(one, one, one));
    assertEquals(28, sheet.getWidth());
    assertEquals(20, sheet.getHeight());
    assertEquals(-1, sheet.getRGB(18, 0));
    assertEquals(-1, sheet.getRGB(0, 14));
    assertTrue(sheet.getRGB(18, 14) != -1);
  }

  @ParameterizedTest
  @CsvSource({
    "100, 64, 1, 1, width must be a multiple of 16",
    "64, 0, 1, 1, height must be a multiple of 16",
    "64, 64, 0, 1, steps must be 1 to 1000",
    "64, 64, 1, 0, count must be 1 to 10000",
  })
  void impossibleRequests(int width, int height, int steps, int count, String message) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new PictureRequest(
                    "",
                    "",
                    width,
                    height,
                    steps,
                    1,
                    SkipLayerGuidance.NONE,
                    "flow",
                    0,
                    count,
                    1,
                    256,
                    true));
    assertTrue(String.valueOf(e.getMessage()).startsWith(message), e.getMessage());
  }
}
