package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContactSheetTest {
  @Test
  void showsPicturesEnlargedRowByRow() {
    ContactSheet sheet = new ContactSheet(2, 4);
    for (Hue hue : List.of(Hue.RED, Hue.GREEN, Hue.BLUE)) {
      Scene scene = new Scene(List.of(new PlacedShape(ShapeKind.SQUARE, hue, 0, 0)));
      sheet.add(SceneRenderer.render(scene), "a " + hue.word() + " square");
    }
    BufferedImage image = sheet.draw();
    assertEquals(10 + 2 * (96 + 10), image.getWidth());
    assertEquals(0xfff02d2d, image.getRGB(12, 12));
    assertEquals(0xff28be3c, image.getRGB(12 + 106, 12));
    assertEquals(0xff2d46f5, image.getRGB(12, 12 + 142));
  }
}
