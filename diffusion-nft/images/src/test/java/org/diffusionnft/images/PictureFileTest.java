package org.diffusionnft.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PictureFileTest {
  private static byte[] file(String format, int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), format, bytes);
    return bytes.toByteArray();
  }

  @Test
  void onlySmallPicturesOfTwoFormatsAreReadFromStrangers() throws IOException {
    for (String format : new String[] {"png", "jpg"}) {
      byte[] picture = file(format, 20, 10);
      assertEquals(20, PictureFile.readUpTo(200, picture).getWidth());
      assertProblem("has 20 by 10 pixels, of which at most 199 are taken here", 199, picture);
    }
    assertProblem("is no PNG or JPEG picture", 200, file("gif", 20, 10));
    assertProblem("is no PNG or JPEG picture", 200, file("tiff", 20, 10));
    assertEquals(20, PictureFile.read(file("gif", 20, 10)).getWidth());
  }

  private static void assertProblem(String problem, long most, byte[] picture) {
    IOException e = assertThrows(IOException.class, () -> PictureFile.readUpTo(most, picture));
    assertEquals(problem, e.getMessage());
  }
}
