package org.diffusionnft.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.diffusionnft.images.PictureFile;
import org.diffusionnft.images.Pixels;

/** A picture of a case, of which there may be a PNG beside its pixels. */
final class RecordedPicture {
  private RecordedPicture() {}

  /** Checks that {@code image<i>.png}, if it is there, is read as these pixels. */
  static void check(CaseFolder folder, int i, Pixels picture, Checks checks) throws IOException {
    Path png = folder.path().resolve("image" + i + ".png");
    if (Files.exists(png)) {
      boolean same = Arrays.equals(Pixels.of(PictureFile.read(png)).rgb(), picture.rgb());
      checks.holds(png.getFileName() + " decoded", same, "its pixels are not the recorded ones");
    }
  }
}
