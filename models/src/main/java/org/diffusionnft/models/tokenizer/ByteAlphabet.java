package org.diffusionnft.models.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * A printable letter for each of the 256 bytes, as GPT-2 chose them: printable bytes of Latin-1 map
 * to themselves, the others to letters from U+0100 on.
 */
final class ByteAlphabet {
  private static final char[] LETTERS = new char[256];
  private static final Map<Integer, Integer> BYTES = new HashMap<>();

  static {
    int next = 0x100;
    for (int b = 0; b < LETTERS.length; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      LETTERS[b] = (char) (printable ? b : next++);
      BYTES.put((int) LETTERS[b], b);
    }
  }

  private ByteAlphabet() {}

  /** A text's bytes as letters. */
  static String write(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder out = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      out.append(LETTERS[b & 0xFF]);
    }
    return out.toString();
  }

  /** The inverse of {@link #write}; letters outside the alphabet map to their own bytes. */
  static String read(String letters) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    letters
        .codePoints()
        .forEach(
            c -> {
              Integer b = BYTES.get(c);
              if (b == null) {
                bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
              } else {
                bytes.write(b);
              }
            });
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
