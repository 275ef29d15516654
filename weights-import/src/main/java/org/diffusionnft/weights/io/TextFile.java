package org.diffusionnft.weights.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Text files written by people: settings, prompts. */
public final class TextFile {
  private static final int LARGEST = 256 << 20;
  private static final char BYTE_ORDER_MARK = '\ufeff';

  private TextFile() {}

  /**
   * Reads a file or pipe as UTF-8; a byte order mark at the start is dropped.
   *
   * @throws InvalidFileException if it is missing, larger than 256 MiB or not UTF-8; the message
   *     names the line
   */
  public static String read(Path file) throws InvalidFileException {
    return read(file, LARGEST);
  }

  /**
   * {@link #read(Path)} with another size limit: a larger file is not read.
   *
   * @param largest maximum size in bytes, a multiple of 1 KiB
   */
  public static String read(Path file, int largest) throws InvalidFileException {
    byte[] bytes = bytes(file, largest);
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw new InvalidFileException(
          file,
          "is not UTF-8 text: line %d has the byte 0x%02x where none can be; save it as UTF-8"
              .formatted(lineOf(bytes, in.position()), bytes[in.position()]));
    }
    String text = out.flip().toString();
    return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
  }

  private static byte[] bytes(Path file, int largest) throws InvalidFileException {
    try (InputStream in = Files.newInputStream(file)) {
      ByteArrayOutputStream read = new ByteArrayOutputStream();
      byte[] part = new byte[1 << 16];
      for (int n = in.read(part); n >= 0; n = in.read(part)) {
        read.write(part, 0, n);
        if (read.size() > largest) {
          throw new InvalidFileException(
              file,
              largest == LARGEST
                  ? "is larger than 256 MiB, too much for a text file"
                  : "is larger than %d KiB, too much for such a file: is it the right one?"
                      .formatted(largest >> 10));
        }
      }
      return read.toByteArray();
    } catch (InvalidFileException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new InvalidFileException(file, "no such file", e);
    } catch (IOException e) {
      throw new InvalidFileException(file, "cannot be read: " + InvalidFileException.reason(e), e);
    }
  }

  private static int lineOf(byte[] bytes, int position) {
    int line = 1;
    for (int i = 0; i < position; i++) {
      line += bytes[i] == '\n' ? 1 : 0;
    }
    return line;
  }
}
