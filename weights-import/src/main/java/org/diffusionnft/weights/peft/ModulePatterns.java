package org.diffusionnft.weights.peft;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Values by regular expression of a module's name, found as PEFT's {@code get_pattern_key} finds
 * them: the first pattern counts that matches the whole name, or its end from a dot on. Patterns
 * come from files of strangers, and an expression can be written to take for ever: all of an
 * object's searches together may look at so many characters and no more.
 *
 * @param <T> what is looked up
 */
public final class ModulePatterns<T> {
  private static final long MOST_LOOKS = 20_000_000;
  private static final int LONGEST_EXPRESSION = 500;
  private static final int MOST_GROUPS = 20;
  private static final int MOST_REPETITIONS = 1000;

  /** What writers of adapters give as patterns is nearly always a name. */
  private static final Pattern NAME = Pattern.compile("(?:[A-Za-z0-9_]|\\\\\\.|\\.)*");

  private static final Pattern REPETITION = Pattern.compile("\\{(\\d+)(?:,(\\d*))?}");

  private interface Test {
    boolean matches(String module);
  }

  private final SequencedMap<String, T> byPattern;
  private final SequencedMap<String, Test> tests = new LinkedHashMap<>();
  private final Map<String, Optional<T>> known = new ConcurrentHashMap<>();
  private long looks;

  /**
   * Values by pattern.
   *
   * @param byPattern in the order in which they are tried
   * @throws InvalidInputException that names a pattern that is no regular expression, or one too
   *     large
   */
  public ModulePatterns(Map<String, T> byPattern) {
    this.byPattern = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(byPattern));
    this.byPattern
        .keySet()
        .forEach(p -> tests.put(p, NAME.matcher(p).matches() ? name(p) : any(p)));
  }

  /** The patterns and what they stand for, in the order in which they are tried. */
  public SequencedMap<String, T> byPattern() {
    return byPattern;
  }

  /**
   * What the first pattern that matches a module stands for.
   *
   * @throws InvalidInputException that names a pattern that takes too long to match
   */
  public T get(String module, T otherwise) {
    return known.computeIfAbsent(module, this::search).orElse(otherwise);
  }

  private Optional<T> search(String module) {
    for (Map.Entry<String, Test> e : tests.entrySet()) {
      if (e.getValue().matches(module)) {
        return Optional.ofNullable(byPattern.get(e.getKey()));
      }
    }
    return Optional.empty();
  }

  /** A pattern of letters, digits and dots: a dot without a backslash stands for any character. */
  private static Test name(String pattern) {
    String letters = pattern.replace("\\.", "\n");
    return module -> {
      int shift = module.length() - letters.length();
      boolean fits = shift == 0 || (shift > 0 && module.charAt(shift - 1) == '.');
      for (int i = letters.length() - 1; fits && i >= 0; i--) {
        char c = module.charAt(shift + i);
        fits =
            switch (letters.charAt(i)) {
              case '\n' -> c == '.';
              case '.' -> c != '\n';
              default -> c == letters.charAt(i);
            };
      }
      return fits;
    };
  }

  private Test any(String expression) {
    requireSmall(expression);
    Pattern pattern;
    try {
      pattern = Pattern.compile("(.*\\.)?(" + expression + ")");
    } catch (PatternSyntaxException e) {
      throw new InvalidInputException(
          "the pattern " + quote(expression) + " is not a regular expression", e);
    }
    return module -> pattern.matcher(new Watched(module, expression)).matches();
  }

  /** Nested repetitions and groups take memory, and stack, that grow faster than their text. */
  private static void requireSmall(String expression) {
    long repetitions = 1;
    Matcher matcher = REPETITION.matcher(expression);
    while (matcher.find() && repetitions <= MOST_REPETITIONS) {
      String last = matcher.group(2) == null || matcher.group(2).isEmpty() ? "1" : matcher.group(2);
      for (String number : new String[] {matcher.group(1), last}) {
        repetitions *=
            number.length() > 4 ? MOST_REPETITIONS + 1 : Math.max(1, Integer.parseInt(number));
      }
    }
    long groups = expression.chars().filter(c -> c == '(' || c == '[').count();
    if (expression.length() > LONGEST_EXPRESSION
        || groups > MOST_GROUPS
        || repetitions > MOST_REPETITIONS) {
      throw new InvalidInputException(
          "the pattern "
              + quote(expression)
              + " is too large: "
              + LONGEST_EXPRESSION
              + " characters, "
              + MOST_GROUPS
              + " groups and "
              + MOST_REPETITIONS
              + " repetitions are supported");
    }
  }

  /** A module's name that counts how often it is looked at. */
  private final class Watched implements CharSequence {
    private final String module;
    private final String expression;

    Watched(String module, String expression) {
      this.module = module;
      this.expression = expression;
    }

    @Override
    public char charAt(int i) {
      if (looks++ > MOST_LOOKS) {
        throw new InvalidInputException(
            "the pattern " + quote(expression) + " takes too long to match: write it simpler");
      }
      return module.charAt(i);
    }

    @Override
    public int length() {
      return module.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return module.subSequence(start, end);
    }

    @Override
    public String toString() {
      return module;
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ModulePatterns<?> o && byPattern.equals(o.byPattern);
  }

  @Override
  public int hashCode() {
    return byPattern.hashCode();
  }

  @Override
  public String toString() {
    return byPattern.toString();
  }
}
