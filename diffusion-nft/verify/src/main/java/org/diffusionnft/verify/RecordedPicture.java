package org.diffusionnft.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.diffusionnft.images.PictureFile;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;

/** A picture of a case, which may have a PNG in addition to its pixels. */
final class RecordedPicture {
  private RecordedPicture() {}

  /** An input of bytes, {@code [H, W, 3]}. */
  static Pixels pixels(CaseFolder folder, String name) throws InvalidFileException {
    Shape shape = folder.inputs().shape(name);
    if (shape.rank() != 3 || shape.dim(2) != 3 || shape.elements() == 0) {
      throw new InvalidFileException(
          folder.config().file(), "has a picture '" + name + "' of shape " + shape);
    }
    long[] values = folder.longs(folder.inputs(), name);
    byte[] rgb = new byte[values.length];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) values[i];
    }
    return new Pixels(shape.intDim(1), shape.intDim(0), rgb);
  }

  /** Compares with an expected picture, byte by byte. */
  static void same(CaseFolder folder, Checks checks, String name, Pixels actual)
      throws InvalidFileException {
    double[] values = new double[actual.rgb().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = actual.rgb()[i] & 0xff;
    }
    checks.values(
        name, name, Shape.of(actual.height(), actual.width(), 3), values, folder.margin(name));
  }

  /** Checks that {@code image<i>.png}, if it exists, decodes to these pixels. */
  static void check(CaseFolder folder, int i, Pixels picture, Checks checks) throws IOException {
    Path png = folder.path().resolve("image" + i + ".png");
    if (Files.exists(png)) {
      boolean same = Arrays.equals(Pixels.of(PictureFile.read(png)).rgb(), picture.rgb());
      checks.holds(png.getFileName() + " decoded", same, "its pixels are not the recorded ones");
    }
  }
}
