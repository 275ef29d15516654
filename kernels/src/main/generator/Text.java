import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Helpers that generate Java text. */
final class Text {
  private Text() {}

  /** The texts for 0 to {@code n - 1}, concatenated. */
  static String each(int n, IntFunction<String> text) {
    return IntStream.range(0, n).mapToObj(text).collect(Collectors.joining());
  }

  /** Whether an expression uses a variable. */
  static boolean uses(String expression, String variable) {
    return Pattern.compile("\\b" + variable + "\\b").matcher(expression).find();
  }

  /** {@code GELU_TANH} as {@code geluTanh}. */
  static String camelCase(String constant) {
    StringBuilder name = new StringBuilder();
    for (String word : constant.toLowerCase(Locale.ROOT).split("_")) {
      name.append(
          name.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
    }
    return name.toString();
  }

  /** The loop statement that stores a vector, with each call on its own line if it is long. */
  static String store(String vector, String out, String mask) {
    String statement =
        "%s.intoMemorySegment(ALL, %s + 4L * i, ORDER%s);".formatted(vector, out, mask);
    return "      " + (statement.length() < 95 ? statement : calls(statement)) + "\n";
  }

  /** Breaks a chain of calls before each call of a result. */
  private static String calls(String statement) {
    StringBuilder lines = new StringBuilder();
    int depth = 0;
    for (int i = 0; i < statement.length(); i++) {
      char c = statement.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      boolean call = c == '.' && depth == 0 && statement.charAt(i - 1) == ')';
      lines.append(call ? "\n          ." : c);
    }
    return lines.toString();
  }

  /**
   * A loop over a row of {@code n} floats in whole vectors, with a masked last step. {@code [x]}
   * stands for the vector at {@code x + 4L * i}; {@code #} for the mask as an extra argument, in
   * the masked step.
   *
   * @param before statements at the start of each step
   * @param out the variable with the address of the results
   * @param result the vector to store
   */
  static String loopWithTail(List<String> before, String out, String result) {
    String loads = before.stream().map("      %s\n"::formatted).collect(Collectors.joining());
    String vectors =
        result.replaceAll("\\[(\\w+)]", "fromMemorySegment(FLOATS, ALL, $1 + 4L * i, ORDER#)");
    String step = loads + store(vectors, out, "#");
    return """
        int i = 0;
        for (; i < whole(n); i += LANES) {
    %s    }
        if (i < n) {
          VectorMask<Float> inside = FIRST[n - i];
    %s    }
    """
        .formatted(step.replace("#", ""), step.replace("#", ", inside"));
  }
}
