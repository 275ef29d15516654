package org.diffusionnft.weights.io;

import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Searches with regular expressions from strangers. One can be written to look for ever, or to need
 * more stack than there is: all searches of one object together may look at so many characters and
 * no more.
 */
public final class BoundedSearch {
  private final long mostLooks;
  private long looks;

  /** Bounds for some searches. */
  public BoundedSearch(long mostLooks) {
    this.mostLooks = mostLooks;
  }

  /**
   * Searches a text.
   *
   * @param search what is done with the matcher; what it returns is returned
   * @throws HopelessSearchException if the expression takes too long, or too deep a stack
   */
  public <R extends @Nullable Object> R in(
      String text, Pattern pattern, Function<Matcher, R> search) {
    try {
      return search.apply(pattern.matcher(new Watched(text)));
    } catch (StackOverflowError e) {
      throw new HopelessSearchException("needs too deep a stack", e);
    }
  }

  /** Its message says what is wrong with the expression: {@code takes too long}. */
  public static final class HopelessSearchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private HopelessSearchException(String message, @Nullable Throwable cause) {
      super(message, cause, false, false); // thrown from deep inside: without a trace
    }
  }

  /** A text that counts each look at a character. */
  private final class Watched implements CharSequence {
    private final String text;

    Watched(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int i) {
      if (looks++ > mostLooks) {
        throw new HopelessSearchException("takes too long", null);
      }
      return text.charAt(i);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
