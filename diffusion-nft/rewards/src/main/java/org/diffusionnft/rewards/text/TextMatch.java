package org.diffusionnft.rewards.text;

import java.util.List;
import java.util.Locale;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.commons.text.similarity.SimilarityInput;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * How well the wanted words were read, as in the reference code's {@code ocr.py}: 1 if the text
 * read contains them, otherwise reduced by the fraction of wrong characters. Spaces and case are
 * ignored.
 */
public final class TextMatch {
  private TextMatch() {}

  /**
   * The words that a prompt asks for: the text between its first two double quotes, or after the
   * first if there is no second, as in the reference code.
   *
   * @throws InvalidInputException if there are none
   */
  public static String wanted(Prompt prompt) {
    String[] parts = prompt.text().split("\"", -1);
    if (parts.length < 2 || plain(parts[1]).isEmpty()) {
      throw new InvalidInputException(
          "the prompt '"
              + prompt.text()
              + "' has no words in straight double quotes, which reward 'ocr' could look"
              + " for");
    }
    return parts[1];
  }

  /** 0 to 1. */
  public static double score(String wanted, String read) {
    String expected = plain(wanted);
    String found = plain(read);
    if (found.contains(expected)) {
      return 1;
    }
    int length = expected.codePointCount(0, expected.length());
    int distance =
        LevenshteinDistance.getDefaultInstance().apply(new Letters(found), new Letters(expected));
    return 1 - Math.min(distance, length) / (double) length;
  }

  /**
   * A text as sequence of code points, as in Python: a character outside the basic plane counts
   * once, not twice.
   */
  private record Letters(List<Integer> codePoints) implements SimilarityInput<Integer> {
    Letters(String text) {
      this(text.codePoints().boxed().toList());
    }

    @Override
    public Integer at(int index) {
      return codePoints.get(index);
    }

    @Override
    public int length() {
      return codePoints.size();
    }
  }

  private static String plain(String text) {
    return text.replace(" ", "").toLowerCase(Locale.ROOT);
  }
}
