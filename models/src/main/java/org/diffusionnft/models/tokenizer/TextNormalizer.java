package org.diffusionnft.models.tokenizer;

import java.text.Normalizer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is done to text before it is cut into pieces. */
public sealed interface TextNormalizer {

  /** The normalised text. */
  String apply(String text);

  /** Canonical composition: letters and accents joined where Unicode has the letter. */
  record Nfc() implements TextNormalizer {
    @Override
    public String apply(String text) {
      return Normalizer.normalize(text, Normalizer.Form.NFC);
    }
  }

  /**
   * Lower case, letter by letter: a Greek sigma at a word's end becomes the same as inside, unlike
   * in {@link String#toLowerCase()}.
   */
  record Lowercase() implements TextNormalizer {
    /** The only letter whose lower case alone is two characters. */
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

  /** One after the other. */
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
