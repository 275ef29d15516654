package org.diffusionnft.reports;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.diffusionnft.images.Jpeg;
import org.diffusionnft.images.PictureFile;

/** A PNG file as a data URL for an HTML page; large ones are converted to JPEG. */
final class EmbeddedPicture {
  private static final int LARGE = 200_000;
  private static final long LARGEST_FILE = 64 << 20;
  private static final float QUALITY = 0.85f;
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private EmbeddedPicture() {}

  /** The picture's data URL; empty if the file is not a PNG, or excessively large. */
  static String of(Optional<Path> file) throws IOException {
    if (file.isEmpty() || Files.size(file.get()) > LARGEST_FILE) {
      return "";
    }
    byte[] bytes = Files.readAllBytes(file.get());
    if (!Arrays.equals(PNG, 0, PNG.length, bytes, 0, Math.min(PNG.length, bytes.length))) {
      return "";
    }
    String type = "png";
    if (bytes.length > LARGE) {
      Optional<BufferedImage> image = read(file.get());
      if (image.isEmpty()) {
        return "";
      }
      bytes = Jpeg.encode(image.get(), QUALITY);
      type = "jpeg";
    }
    return "data:image/" + type + ";base64," + Base64.getEncoder().encodeToString(bytes);
  }

  private static Optional<BufferedImage> read(Path file) {
    try {
      return Optional.of(PictureFile.read(file));
    } catch (IOException e) {
      return Optional.empty(); // damaged: the page is shown without it
    }
  }
}
