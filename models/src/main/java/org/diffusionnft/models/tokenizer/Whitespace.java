package org.diffusionnft.models.tokenizer;

/**
 * Unicode's White_Space property, which is neither {@link Character#isWhitespace} nor a subset of
 * it.
 */
final class Whitespace {
  private Whitespace() {}

  /** All of them are in the basic plane, so a {@code char} is enough. */
  static boolean is(int c) {
    return (c >= '\t' && c <= '\r')
        || c == ' '
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }
}
