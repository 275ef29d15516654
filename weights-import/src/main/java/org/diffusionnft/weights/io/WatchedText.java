package org.diffusionnft.weights.io;

/**
 * A text whose reader is told of each look at a character. A regular expression from a stranger can
 * be written to look for ever: whoever counts can end that by an exception.
 */
public final class WatchedText implements CharSequence {
  private final String text;
  private final Runnable look;

  /**
   * A text.
   *
   * @param look is run before each look; may throw
   */
  public WatchedText(String text, Runnable look) {
    this.text = text;
    this.look = look;
  }

  @Override
  public char charAt(int i) {
    look.run();
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
