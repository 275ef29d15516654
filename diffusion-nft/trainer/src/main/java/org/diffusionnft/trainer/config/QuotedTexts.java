package org.diffusionnft.trainer.config;

import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;

/**
 * Which texts are quoted in a YAML file: those that YAML would read as another type, and those with
 * characters that it reads as spaces or line ends.
 */
final class QuotedTexts extends StringQuotingChecker.Default {
  private static final long serialVersionUID = 1L;

  private static final int DELETE = 0x7f;
  private static final int NO_BREAK_SPACE = 0xa0;

  @Override
  public boolean needToQuoteName(String name) {
    return needsEscapes(name) || name.indexOf('\n') >= 0 || super.needToQuoteName(name);
  }

  @Override
  public boolean needToQuoteValue(String value) {
    return needsEscapes(value) || super.needToQuoteValue(value);
  }

  /** Whether a text must be written with escapes to be read back unchanged. */
  static boolean needsEscapes(String text) {
    boolean lines = text.indexOf('\n') >= 0;
    boolean edges = !text.isEmpty() && !text.equals(text.strip());
    return (lines && (edges || text.contains(" \n")))
        || text.codePoints().anyMatch(QuotedTexts::needsEscape);
  }

  private static boolean needsEscape(int c) {
    return (c != '\n' && c < ' ')
        || (c >= DELETE && c <= NO_BREAK_SPACE)
        || Character.getType(c) == Character.LINE_SEPARATOR
        || Character.getType(c) == Character.PARAGRAPH_SEPARATOR
        || Character.getType(c) == Character.SURROGATE
        || c == '\ufeff';
  }
}
