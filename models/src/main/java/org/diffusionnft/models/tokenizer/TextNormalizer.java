package org.diffusionnft.models.tokenizer;

import java.text.Normalizer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Normalises text before it is split into pieces. */
public sealed interface TextNormalizer {

  /** The normalised text. */
  String apply(String text);

  /**
   * Canonical composition (NFC), as in Hugging Face's tokenizers, whose tables are those of Unicode
   * 9: marks added later stay in place, although current Unicode would reorder some.
   */
  record Nfc() implements TextNormalizer {
    /** Ranges of those marks, and of the scripts whose letters are composed, up to Unicode 16. */
    private static final int[][] LATER_MARKS = {
      {0x7fd, 0x7fd}, {0x897, 0x89f}, {0x8ca, 0x8d3}, {0x9fe, 0x9fe},
      {0xc3c, 0xc3c}, {0xd3b, 0xd3c}, {0xeba, 0xeba}, {0x1715, 0x1715},
      {0x1abf, 0x1ace}, {0x1df6, 0x1dfa}, {0xa82c, 0xa82c}, {0x105c0, 0x105ff},
      {0x10d24, 0x10d27}, {0x10d69, 0x10d6d}, {0x10eab, 0x10eac}, {0x10efd, 0x10eff},
      {0x10f46, 0x10f50}, {0x10f82, 0x10f85}, {0x11070, 0x11070}, {0x1133b, 0x1133b},
      {0x11380, 0x113ff}, {0x1145e, 0x1145e}, {0x11839, 0x1183a}, {0x11900, 0x1195f},
      {0x119e0, 0x119e0}, {0x11a34, 0x11a34}, {0x11a47, 0x11a47}, {0x11a99, 0x11a99},
      {0x11d42, 0x11d42}, {0x11d44, 0x11d45}, {0x11d97, 0x11d97}, {0x11f41, 0x11f42},
      {0x16100, 0x1613f}, {0x16d40, 0x16d7f}, {0x16ff0, 0x16ff1}, {0x1e08f, 0x1e08f},
      {0x1e130, 0x1e136}, {0x1e2ae, 0x1e2ae}, {0x1e2ec, 0x1e2ef}, {0x1e4ec, 0x1e4ef},
      {0x1e5ee, 0x1e5ef},
    };

    @Override
    public String apply(String text) {
      StringBuilder out = new StringBuilder(text.length());
      int done = 0;
      for (int at = 0; at < text.length(); ) {
        int character = text.codePointAt(at);
        int next = at + Character.charCount(character);
        if (isLaterMark(character)) {
          out.append(Normalizer.normalize(text.substring(done, at), Normalizer.Form.NFC));
          out.append(text, at, next);
          done = next;
        }
        at = next;
      }
      return out.append(Normalizer.normalize(text.substring(done), Normalizer.Form.NFC)).toString();
    }

    private static boolean isLaterMark(int character) {
      if (character < LATER_MARKS[0][0]) {
        return false;
      }
      for (int[] range : LATER_MARKS) {
        if (character <= range[1]) {
          return character >= range[0];
        }
      }
      return false;
    }
  }

  /**
   * Lower case, letter by letter: unlike in {@link String#toLowerCase()}, a Greek sigma is treated
   * alike inside and at the end of a word.
   */
  record Lowercase() implements TextNormalizer {
    /** The only letter whose lower case is two characters. */
    private static final int DOTTED_CAPITAL_I = 0x130;

    @Override
    public String apply(String text) {
      StringBuilder out = new StringBuilder(text.length());
      text.codePoints()
          .forEach(
              c -> {
                if (c == DOTTED_CAPITAL_I) {
                  out.append("i\u0307");
                } else {
                  out.appendCodePoint(Character.toLowerCase(c));
                }
              });
      return out.toString();
    }
  }

  /**
   * Every match of a pattern replaced.
   *
   * @param replacement taken literally
   */
  record Replace(Pattern pattern, String replacement) implements TextNormalizer {
    @Override
    public String apply(String text) {
      return pattern.matcher(text).replaceAll(Matcher.quoteReplacement(replacement));
    }
  }

  /** White space at the ends removed. */
  record Strip(boolean left, boolean right) implements TextNormalizer {
    @Override
    public String apply(String text) {
      int start = 0;
      int end = text.length();
      while (left && start < end && Whitespace.is(text.charAt(start))) {
        start++;
      }
      while (right && end > start && Whitespace.is(text.charAt(end - 1))) {
        end--;
      }
      return text.substring(start, end);
    }
  }

  /** The character map that a SentencePiece model carries. */
  record Mapped(Charsmap map) implements TextNormalizer {
    @Override
    public String apply(String text) {
      return map.normalize(text);
    }
  }

  /**
   * BERT's uncased normalisation: removes control characters, unifies white space, separates
   * Chinese characters, strips accents, and lowercases.
   */
  record Bert() implements TextNormalizer {
    private static final int[][] CHINESE = {
      {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x2A6DF},
      {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F},
    };
    private static final int REPLACEMENT = 0xFFFD;

    @Override
    public String apply(String text) {
      StringBuilder clean = new StringBuilder(text.length());
      text.codePoints().forEach(c -> append(clean, c));
      StringBuilder bare = new StringBuilder(clean.length());
      Normalizer.normalize(clean, Normalizer.Form.NFD)
          .codePoints()
          .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
          .forEach(bare::appendCodePoint);
      return new Lowercase().apply(bare.toString());
    }

    private static void append(StringBuilder clean, int c) {
      if (c == '\t' || c == '\n' || c == '\r') {
        clean.append(' ');
      } else if (c != REPLACEMENT && !isControl(c)) {
        if (Whitespace.is(c)) {
          clean.append(' ');
        } else if (isChinese(c)) {
          clean.append(' ').appendCodePoint(c).append(' ');
        } else {
          clean.appendCodePoint(c);
        }
      }
    }

    private static boolean isControl(int c) {
      int type = Character.getType(c);
      return type == Character.CONTROL
          || type == Character.FORMAT
          || type == Character.PRIVATE_USE
          || type == Character.SURROGATE;
    }

    private static boolean isChinese(int c) {
      for (int[] range : CHINESE) {
        if (c >= range[0] && c <= range[1]) {
          return true;
        }
      }
      return false;
    }
  }

  /** Normalisers applied in order. */
  record Sequence(List<TextNormalizer> steps) implements TextNormalizer {
    @Override
    public String apply(String text) {
      String result = text;
      for (TextNormalizer step : steps) {
        result = step.apply(result);
      }
      return result;
    }
  }
}
