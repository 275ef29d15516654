package org.diffusionnft.weights.io;

import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Searches with untrusted regular expressions, which may backtrack forever or overflow the stack.
 * All searches of one object together may read only a limited number of characters.
 */
public final class BoundedSearch {
  private final long mostLooks;
  private long looks;

  /** Sets the limit for all searches together. */
  public BoundedSearch(long mostLooks) {
    this.mostLooks = mostLooks;
  }

  /**
   * Searches a text.
   *
   * @param search receives the matcher; its result is returned
   * @throws HopelessSearchException if the expression takes too long or needs too deep a stack
   */
  public <R extends @Nullable Object> R in(
      String text, Pattern pattern, Function<Matcher, R> search) {
    try {
      return search.apply(pattern.matcher(new Watched(text)));
    } catch (StackOverflowError e) {
      throw new HopelessSearchException("needs too deep a stack", e);
    }
  }

  /** The message says what is wrong with the expression, such as {@code takes too long}. */
  public static final class HopelessSearchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private HopelessSearchException(String message, @Nullable Throwable cause) {
      super(message, cause, false, false); // thrown from deep recursion: without a stack trace
    }
  }

  /** A text that counts each character access. */
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
