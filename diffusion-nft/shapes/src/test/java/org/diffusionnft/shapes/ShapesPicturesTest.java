package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShapesPicturesTest {
  @Test
  void aSheetShowsPicturesEnlargedRowByRow() {
    List<Hue> hues = List.of(Hue.RED, Hue.GREEN, Hue.BLUE);
    List<float[]> images = hues.stream().map(ShapesPicturesTest::square).toList();
    List<String> captions = hues.stream().map(hue -> "a " + hue.word() + " square").toList();
    BufferedImage image = ShapesPictures.sheet(2, 4, images, captions);
    assertEquals(10 + 2 * (96 + 10), image.getWidth());
    assertEquals(0xfff02d2d, image.getRGB(12, 12));
    assertEquals(0xff28be3c, image.getRGB(12 + 106, 12));
    assertEquals(0xff2d46f5, image.getRGB(12, 12 + 142));
  }

  private static float[] square(Hue hue) {
    return SceneRenderer.render(new Scene(List.of(new PlacedShape(ShapeKind.SQUARE, hue, 0, 0))));
  }
}
