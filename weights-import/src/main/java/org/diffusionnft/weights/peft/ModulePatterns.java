package org.diffusionnft.weights.peft;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Values by regular expression of a module's name, looked up like PEFT's {@code get_pattern_key}:
 * the first pattern that matches the whole name, or its end after a dot, wins. The time is bounded:
 * see {@link BoundedPatterns}.
 *
 * @param <T> type of the values
 */
public final class ModulePatterns<T> {
  /** Patterns in adapter files are nearly always plain names. */
  private static final Pattern NAME = Pattern.compile("(?:[A-Za-z0-9_]|\\\\\\.|\\.)*");

  private interface Test {
    boolean matches(String module);
  }

  private final SequencedMap<String, T> byPattern;
  private final SequencedMap<String, Test> tests = new LinkedHashMap<>();
  private final Map<String, Optional<T>> known = new ConcurrentHashMap<>();
  private final BoundedPatterns bounds = new BoundedPatterns();

  /**
   * Values by pattern.
   *
   * @param byPattern in the order in which they are tried
   * @throws InvalidInputException naming a pattern that is not a valid regular expression, or too
   *     large
   */
  public ModulePatterns(Map<String, T> byPattern) {
    this.byPattern = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(byPattern));
    this.byPattern
        .keySet()
        .forEach(p -> tests.put(p, NAME.matcher(p).matches() ? name(p) : any(p)));
  }

  /** The patterns and their values, in the order in which they are tried. */
  public SequencedMap<String, T> byPattern() {
    return byPattern;
  }

  /**
   * The value of the first pattern that matches a module.
   *
   * @throws InvalidInputException naming a pattern that takes too long to match
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

  /** A pattern of letters, digits and dots: an unescaped dot matches any character. */
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
    Pattern pattern = BoundedPatterns.compile("(.*\\.)?(", expression, ")");
    return module -> bounds.search(pattern, expression, module, Matcher::matches);
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
