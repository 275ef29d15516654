package org.diffusionnft.models.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * The precompiled character map of a SentencePiece model: a double-array trie from character
 * sequences to offsets in a pool of zero-terminated replacements. The layout is that of
 * darts-clone; see {@code builder.cc} and {@code normalizer.cc} of google/sentencepiece.
 *
 * <p>Replacement follows Hugging Face's {@code Precompiled} normaliser: a grapheme of fewer than
 * six bytes is replaced as a whole by the entry of its <em>shortest</em> prefix, others character
 * by character.
 */
public final class Charsmap {
  private static final Pattern GRAPHEME = Pattern.compile("\\X");
  private static final int LONGEST_WHOLE = 5;

  /** Unicode's longest, U+FDFA, becomes 33 bytes. */
  private static final int LONGEST_REPLACEMENT = 256;

  private static final int LABEL = 1 << 31 | 0xFF;

  private final int[] units;
  private final byte[] pool;

  private Charsmap(int[] units, byte[] pool) {
    this.units = units;
    this.pool = pool;
  }

  /**
   * Reads a {@code precompiled_charsmap}: the trie's length in bytes as a little-endian 32-bit
   * number, the trie, the pool.
   *
   * @throws InvalidInputException if the length is invalid, or a replacement is longer than any of
   *     Unicode's
   */
  public static Charsmap parse(byte[] bytes) {
    if (bytes.length < Integer.BYTES) {
      throw new InvalidInputException(
          "the character map has " + bytes.length + " bytes, too few for the length of its trie");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long size = Integer.toUnsignedLong(in.getInt());
    if (size % Integer.BYTES != 0 || size == 0 || size > in.remaining()) {
      throw new InvalidInputException(
          "the character map claims a trie of "
              + size
              + " bytes, but "
              + in.remaining()
              + " follow and units have 4");
    }
    int[] units = new int[(int) (size / Integer.BYTES)];
    in.asIntBuffer().get(units);
    byte[] pool = Arrays.copyOfRange(bytes, Integer.BYTES + (int) size, bytes.length);
    requireShort(pool);
    return new Charsmap(units, pool);
  }

  /** Bounds the replacement of a character: otherwise a short text could expand without limit. */
  private static void requireShort(byte[] pool) {
    int start = 0;
    for (int i = 0; i < pool.length; i++) {
      if (pool[i] == 0) {
        start = i + 1;
      } else if (i - start >= LONGEST_REPLACEMENT) {
        throw new InvalidInputException(
            "the character map has a replacement of more than " + LONGEST_REPLACEMENT + " bytes");
      }
    }
  }

  /** The text with everything in the map replaced. */
  public String normalize(String text) {
    StringBuilder out = new StringBuilder(text.length());
    Matcher graphemes = GRAPHEME.matcher(text);
    while (graphemes.find()) {
      String grapheme = graphemes.group();
      byte[] utf8 = grapheme.getBytes(StandardCharsets.UTF_8);
      String whole = utf8.length <= LONGEST_WHOLE ? replacement(utf8) : null;
      if (whole != null) {
        out.append(whole);
      } else {
        grapheme.codePoints().forEach(c -> append(out, c));
      }
    }
    return out.toString();
  }

  private void append(StringBuilder out, int codePoint) {
    String character = Character.toString(codePoint);
    String replacement = replacement(character.getBytes(StandardCharsets.UTF_8));
    out.append(replacement == null ? character : replacement);
  }

  /** The replacement for the shortest prefix with an entry, or null if there is none. */
  private @Nullable String replacement(byte[] key) {
    int node = offset(units[0]);
    for (byte b : key) {
      int label = b & 0xFF;
      if (label == 0) {
        return null;
      }
      node ^= label;
      if (node < 0 || node >= units.length || (units[node] & LABEL) != label) {
        return null;
      }
      int unit = units[node];
      node ^= offset(unit);
      if ((unit >>> 8 & 1) == 1) {
        return node < 0 || node >= units.length ? null : pooled(units[node] & Integer.MAX_VALUE);
      }
    }
    return null;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }

  private @Nullable String pooled(int start) {
    if (start > pool.length) {
      return null;
    }
    int end = start;
    while (end < pool.length && pool[end] != 0) {
      end++;
    }
    return new String(pool, start, end - start, StandardCharsets.UTF_8);
  }
}
