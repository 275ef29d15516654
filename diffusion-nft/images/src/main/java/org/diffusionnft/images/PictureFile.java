package org.diffusionnft.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Reads pictures from untrusted files. */
public final class PictureFile {
  private static final int LARGEST_SIDE = 1 << 14;
  private static final long MOST_PIXELS = 1L << 26;

  /**
   * The format names of Java's PNG and JPEG readers; other readers, such as TIFF's, trust their
   * input.
   */
  private static final Set<String> SAFE_FORMATS = Set.of("png", "JPEG");

  /** Even a single-colour picture hardly has more pixels per byte than this. */
  private static final long PIXELS_PER_BYTE = 10_000;

  private PictureFile() {}

  /**
   * Reads a PNG or JPEG file, or another format that Java supports.
   *
   * @throws IOException with one sentence that names the file if it is missing, damaged or not a
   *     picture, or claims more than 16,384 pixels per side or more pixels than its bytes can
   *     encode
   */
  public static BufferedImage read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + ": no such file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, Files.size(file), MOST_PIXELS, Set.of());
    } catch (IOException e) {
      throw new IOException(file + ": " + sentence(e), e);
    }
  }

  /**
   * Reads the content of such a file.
   *
   * @throws IOException whose message begins with a verb, such as {@code is a damaged picture}
   */
  public static BufferedImage read(byte[] bytes) throws IOException {
    try {
      return read(new ByteArrayInputStream(bytes), bytes.length, MOST_PIXELS, Set.of());
    } catch (IOException e) {
      throw new IOException(sentence(e), e);
    }
  }

  /**
   * Reads untrusted data: PNG or JPEG only, with a limited number of pixels.
   *
   * @throws IOException whose message begins with a verb, such as {@code is a damaged picture}
   */
  public static BufferedImage readUpTo(long mostPixels, byte[] bytes) throws IOException {
    try {
      return read(new ByteArrayInputStream(bytes), bytes.length, mostPixels, SAFE_FORMATS);
    } catch (IOException e) {
      throw new IOException(sentence(e), e);
    }
  }

  /**
   * @param formats accepted formats; all if empty
   */
  private static BufferedImage read(
      InputStream bytes, long length, long mostPixels, Set<String> formats) throws IOException {
    try (ImageInputStream in = new MemoryCacheImageInputStream(bytes)) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new IOException("is no picture that can be read, such as PNG or JPEG");
      }
      ImageReader reader = readers.next();
      try {
        if (!formats.isEmpty() && !formats.contains(reader.getFormatName())) {
          throw new IOException("is no PNG or JPEG picture");
        }
        reader.setInput(in, true, true); // without metadata, which may be compressed and endless
        requireSmall(reader.getWidth(0), reader.getHeight(0), length, mostPixels);
        return reader.read(0);
      } finally {
        reader.dispose();
      }
    } catch (RuntimeException e) {
      throw new IOException("is a damaged picture", e);
    }
  }

  private static void requireSmall(int width, int height, long bytes, long mostPixels)
      throws IOException {
    long pixels = (long) width * height;
    if (pixels > mostPixels && mostPixels < MOST_PIXELS) {
      throw new IOException(
          "has %d by %d pixels, of which at most %d are taken here"
              .formatted(width, height, mostPixels));
    }
    if (width < 1
        || height < 1
        || width > LARGEST_SIDE
        || height > LARGEST_SIDE
        || pixels > Math.min(MOST_PIXELS, bytes * PIXELS_PER_BYTE)) {
      throw new IOException(
          "claims to be a picture of %d by %d pixels, too many for its %d bytes"
              .formatted(width, height, bytes));
    }
  }

  private static String sentence(IOException e) {
    String message = e.getMessage();
    return e.getClass() == IOException.class && message != null
        ? message
        : "is a damaged picture" + (message == null ? "" : " (" + message.strip() + ")");
  }
}
