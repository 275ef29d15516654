package org.diffusionnft.trainer.picture;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.diffusionnft.weights.AtomicFile;

/**
 * PNG files that tell how they were made, in text chunks ({@code iTXt}, section 11.3.4.5 of the PNG
 * specification).
 */
public final class PngFile {
  /** Signature, and the header chunk that comes first. */
  private static final int TEXT_POSITION = 8 + 25;

  private PngFile() {}

  /**
   * Writes a picture.
   *
   * @param texts by keyword, Latin-1 of 1 to 79 characters
   * @throws IOException if it cannot be written
   */
  public static void write(Path file, BufferedImage image, Map<String, String> texts)
      throws IOException {
    AtomicFile.write(file, encode(image, texts));
  }

  /** The bytes of such a file. */
  static byte[] encode(BufferedImage image, Map<String, String> texts) throws IOException {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    ImageIO.write(image, "png", plain);
    byte[] bytes = plain.toByteArray();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, TEXT_POSITION);
    texts.forEach((keyword, text) -> out.writeBytes(chunk(keyword, text)));
    out.write(bytes, TEXT_POSITION, bytes.length - TEXT_POSITION);
    return out.toByteArray();
  }

  private static byte[] chunk(String keyword, String text) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.writeBytes("iTXt".getBytes(StandardCharsets.ISO_8859_1));
    data.writeBytes(keyword.getBytes(StandardCharsets.ISO_8859_1));
    // end of keyword, not compressed, no method, no language, no translated keyword
    data.writeBytes(new byte[5]);
    data.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    CRC32 crc = new CRC32();
    crc.update(data.toByteArray());
    ByteBuffer chunk = ByteBuffer.allocate(2 * Integer.BYTES + data.size());
    chunk.putInt(data.size() - Integer.BYTES);
    chunk.put(data.toByteArray());
    chunk.putInt((int) crc.getValue());
    return chunk.array();
  }
}
