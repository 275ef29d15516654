import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Functions of one element and their gradients. One loop that takes the function as an argument
 * would be shorter, but the compiler keeps vectors in registers only where it knows the callee.
 */
final class Unary {
  private Unary() {}

  /** Instead of an expression: not on a hot path, so computed in double precision. */
  private static final String EXACT = "";

  /**
   * A function. {@code v} is a vector of x, {@code g} one of the gradient of the results, {@code a}
   * and {@code b} are the function's parameters.
   *
   * @param op the constant of {@code UnaryOp}; those without a row here are computed in double
   *     precision, value and gradient
   * @param only the condition under which the expressions hold, or empty; otherwise double
   *     precision
   * @param value the results
   * @param gradient the gradient of x
   */
  private record Row(String op, String only, String value, String gradient) {
    Row(String op, String value, String gradient) {
      this(op, "", value, gradient);
    }
  }

  private static final List<Row> TABLE =
      List.of(
          new Row("AFFINE", "v.fma(broadcast(FLOATS, a), broadcast(FLOATS, b))", "g.mul(a)"),
          new Row("POW", "a == 2", "v.mul(v)", "g.mul(v.add(v))"),
          new Row(
              "CLAMP",
              "v.lanewise(MAX, a).lanewise(MIN, b)",
              "broadcast(FLOATS, 0).blend(g, v.compare(GE, a).and(v.compare(LE, b)))"),
          new Row("EXP", "VectorMath.exp(v)", "g.mul(VectorMath.exp(v))"),
          new Row("LOG", EXACT, "g.div(v)"),
          new Row("SQRT", "v.sqrt()", "g.mul(0.5f).div(v.sqrt())"),
          new Row("RSQRT", "broadcast(FLOATS, 1).div(v.sqrt())", EXACT),
          new Row(
              "ABS",
              "v.abs()",
              "broadcast(FLOATS, 0).blend(g, v.compare(GT, 0)).blend(g.neg(), v.compare(LT, 0))"),
          new Row("TANH", "VectorMath.tanh(v)", "g.mul(Activations.tanhSlope(v))"),
          new Row("SIGMOID", "VectorMath.sigmoid(v)", "g.mul(Activations.sigmoidSlope(v))"),
          new Row("RELU", "v.lanewise(MAX, 0f)", "broadcast(FLOATS, 0).blend(g, v.compare(GT, 0))"),
          new Row("SILU", "v.mul(VectorMath.sigmoid(v))", "g.mul(Activations.siluSlope(v))"),
          new Row("GELU_TANH", "Activations.geluTanh(v)", "g.mul(Activations.geluTanhSlope(v))"),
          new Row("GELU_ERF", "Activations.geluErf(v)", "g.mul(Activations.geluErfSlope(v))"),
          new Row(
              "QUICK_GELU",
              "v.mul(VectorMath.sigmoid(v.mul(Activations.QUICK)))",
              "g.mul(Activations.siluSlope(v.mul(Activations.QUICK)))"),
          new Row(
              "HARD_SWISH",
              "v.fma(broadcast(FLOATS, 1f / 6), broadcast(FLOATS, 0.5f))"
                  + ".lanewise(MAX, 0f).lanewise(MIN, 1f).mul(v)",
              EXACT));

  static Generate.Source values() {
    String head =
        """
        /** Functions of one element over whole vectors, a loop each; see {@link UnaryRows}. */
        final class UnaryLoops {
          private UnaryLoops() {}

          /** {@code out[i] = f(x[i])} for {@code n} elements, a multiple of LANES. */
          static void run(UnaryOp op, double a, double b, long x, long out, int n) {
        """;
    return source("UnaryLoops", List.of("MAX", "MIN"), head, Row::value, "value", "x");
  }

  static Generate.Source gradients() {
    String head =
        """
        /**
         * Gradients of functions of one element over whole vectors, a loop each; see {@link
         * UnaryRows}.
         */
        final class UnaryGradLoops {
          private UnaryGradLoops() {}

          /** {@code out[i] = gradOut[i] * f'(x[i])} for {@code n} elements, a multiple of LANES. */
          static void run(UnaryOp op, double a, double b, long x, long gradOut, long out, int n) {
        """;
    List<String> operators = List.of("GE", "GT", "LE", "LT");
    return source("UnaryGradLoops", operators, head, Row::gradient, "gradient", "x, gradOut");
  }

  private static Generate.Source source(
      String name,
      List<String> operators,
      String head,
      Function<Row, String> column,
      String exact,
      String operands) {
    List<Row> rows = TABLE.stream().filter(row -> !column.apply(row).equals(EXACT)).toList();
    String text =
        IMPORTS.formatted(
                operators.stream()
                    .map("import static jdk.incubator.vector.VectorOperators.%s;\n"::formatted)
                    .collect(Collectors.joining()))
            + head
            + dispatch(
                rows, column, "ExactLoops." + exact + "(op, a, b, " + operands + ", out, n);")
            + rows.stream()
                .map(row -> loop(row.op(), column.apply(row)))
                .collect(Collectors.joining())
            + "}\n";
    return new Generate.Source(name, "Unary", text);
  }

  private static final String IMPORTS =
      """
      import static jdk.incubator.vector.FloatVector.broadcast;
      import static jdk.incubator.vector.FloatVector.fromMemorySegment;
      %simport static org.diffusionnft.kernels.Lanes.ALL;
      import static org.diffusionnft.kernels.Lanes.FLOATS;
      import static org.diffusionnft.kernels.Lanes.LANES;
      import static org.diffusionnft.kernels.Lanes.ORDER;

      import jdk.incubator.vector.FloatVector;
      import org.diffusionnft.tensor.UnaryOp;

      """;

  private static String dispatch(List<Row> rows, Function<Row, String> column, String exact) {
    return """
        switch (op) {
    %s      default -> %s
        }
      }
    """
        .formatted(
            rows.stream()
                .map(row -> dispatch(row, column.apply(row), exact))
                .collect(Collectors.joining()),
            exact);
  }

  private static String dispatch(Row row, String expression, String exact) {
    String call =
        Text.camelCase(row.op())
            + (Text.uses(expression, "a") ? "((float) a, " : "(")
            + (Text.uses(expression, "b") ? "(float) b, " : "")
            + (Text.uses(expression, "v") ? "x, " : "")
            + (Text.uses(expression, "g") ? "gradOut, " : "")
            + "out, n);";
    if (row.only().isEmpty()) {
      return "      case %s -> %s\n".formatted(row.op(), call);
    }
    return """
          case %s -> {
            if (%s) {
              %s
            } else {
              %s
            }
          }
    """
        .formatted(row.op(), row.only(), call, exact);
  }

  /** A loop whose parameters and loads are those its expression uses. */
  private static String loop(String op, String expression) {
    String parameters =
        (Text.uses(expression, "a") ? "float a, " : "")
            + (Text.uses(expression, "b") ? "float b, " : "")
            + (Text.uses(expression, "v") ? "long x, " : "")
            + (Text.uses(expression, "g") ? "long gradOut, " : "");
    String loads =
        (Text.uses(expression, "v") ? load("v", "x") : "")
            + (Text.uses(expression, "g") ? load("g", "gradOut") : "");
    return """

      private static void %s(%slong out, int n) {
        for (int i = 0; i < n; i += LANES) {
    %s%s    }
      }
    """
        .formatted(Text.camelCase(op), parameters, loads, Text.store(expression, "out", ""));
  }

  private static String load(String vector, String address) {
    return "      FloatVector %s = fromMemorySegment(FLOATS, ALL, %s + 4L * i, ORDER);\n"
        .formatted(vector, address);
  }
}
