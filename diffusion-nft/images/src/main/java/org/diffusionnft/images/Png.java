package org.diffusionnft.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;

/**
 * PNG files, which may say how they were made, in text chunks ({@code iTXt}, section 11.3.4.5 of
 * the PNG specification).
 */
public final class Png {
  /** Signature, and the header chunk that comes first. */
  private static final int TEXT_POSITION = 8 + 25;

  private Png() {}

  /** A picture as the bytes of a PNG file. */
  public static byte[] encode(BufferedImage image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** A picture as the bytes of a PNG file. */
  public static byte[] encode(Pixels picture) {
    return encode(picture.toImage());
  }

  /**
   * A picture as the bytes of a PNG file that says how it was made.
   *
   * @param texts by keyword, Latin-1 of 1 to 79 characters
   */
  public static byte[] encode(BufferedImage image, Map<String, String> texts) {
    byte[] plain = encode(image);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(plain, 0, TEXT_POSITION);
    texts.forEach((keyword, text) -> out.writeBytes(chunk(keyword, text)));
    out.write(plain, TEXT_POSITION, plain.length - TEXT_POSITION);
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
