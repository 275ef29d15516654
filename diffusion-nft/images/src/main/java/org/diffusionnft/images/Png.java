package org.diffusionnft.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/**
 * PNG files with three bytes per pixel and optional provenance in text chunks ({@code iTXt},
 * section 11.3.4.5 of the PNG specification).
 *
 * <p>Implemented here instead of with {@code javax.imageio}, so that programs do not need {@code
 * java.desktop}, and the same pixels give the same file on every JDK with the same zlib.
 */
public final class Png {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final int CHANNELS = 3;
  private static final int BITS = 8;
  private static final int RGB = 2;

  private Png() {}

  /** Encodes a picture as a PNG file. */
  public static byte[] encode(BufferedImage image) {
    return encode(image, Map.of());
  }

  /** Encodes a picture as a PNG file. */
  public static byte[] encode(Pixels picture) {
    return encode(picture, Map.of());
  }

  /** Encodes a picture as a PNG file with its provenance; see below. */
  public static byte[] encode(BufferedImage image, Map<String, String> texts) {
    return encode(Pixels.of(image), texts);
  }

  /**
   * Encodes a picture as a PNG file with its provenance.
   *
   * @param texts by keyword, Latin-1 of 1 to 79 characters; written in the order of the map
   */
  public static byte[] encode(Pixels picture, Map<String, String> texts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(SIGNATURE);
    ByteBuffer header = ByteBuffer.allocate(13).putInt(picture.width()).putInt(picture.height());
    header.put((byte) BITS).put((byte) RGB); // then zeros: deflate, five filters, not interlaced
    out.writeBytes(chunk("IHDR", header.array()));
    texts.forEach((keyword, text) -> out.writeBytes(chunk("iTXt", text(keyword, text))));
    out.writeBytes(chunk("IDAT", compressed(picture)));
    out.writeBytes(chunk("IEND", new byte[0]));
    return out.toByteArray();
  }

  private static byte[] text(String keyword, String text) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.writeBytes(keyword.getBytes(StandardCharsets.ISO_8859_1));
    // end of keyword, not compressed, no method, no language, no translated keyword
    data.writeBytes(new byte[5]);
    data.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    return data.toByteArray();
  }

  private static byte[] chunk(String type, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(data.length + 3 * Integer.BYTES);
    chunk.putInt(data.length).put(type.getBytes(StandardCharsets.ISO_8859_1)).put(data);
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), Integer.BYTES, Integer.BYTES + data.length);
    return chunk.putInt((int) crc.getValue()).array();
  }

  private static byte[] compressed(Pixels picture) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int row = CHANNELS * picture.width();
    byte[] above = new byte[row];
    byte[] here = new byte[row];
    try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
      for (int y = 0; y < picture.height(); y++) {
        System.arraycopy(picture.rgb(), y * row, here, 0, row);
        byte[] best = filtered(0, here, above);
        for (int filter = 1; filter <= 4; filter++) {
          byte[] other = filtered(filter, here, above);
          best = size(other) < size(best) ? other : best;
        }
        out.write(best);
        byte[] free = above;
        above = here;
        here = free;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** A row after a filter of section 9.2, preceded by the filter's number. */
  private static byte[] filtered(int filter, byte[] here, byte[] above) {
    byte[] out = new byte[here.length + 1];
    out[0] = (byte) filter;
    for (int i = 0; i < here.length; i++) {
      int left = i < CHANNELS ? 0 : here[i - CHANNELS] & 0xff;
      int up = above[i] & 0xff;
      int corner = i < CHANNELS ? 0 : above[i - CHANNELS] & 0xff;
      int expected =
          switch (filter) {
            case 0 -> 0;
            case 1 -> left;
            case 2 -> up;
            case 3 -> (left + up) / 2;
            default -> paeth(left, up, corner);
          };
      out[i + 1] = (byte) (here[i] - expected);
    }
    return out;
  }

  private static int paeth(int left, int up, int corner) {
    int toLeft = Math.abs(up - corner);
    int toUp = Math.abs(left - corner);
    int toCorner = Math.abs(left + up - 2 * corner);
    if (toLeft <= toUp && toLeft <= toCorner) {
      return left;
    }
    return toUp <= toCorner ? up : corner;
  }

  /** The specification's heuristic for choosing a filter: the sum of absolute differences. */
  private static int size(byte[] row) {
    int sum = 0;
    for (int i = 1; i < row.length; i++) {
      sum += Math.abs(row[i]);
    }
    return sum;
  }
}
