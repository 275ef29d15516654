import java.util.List;
import java.util.stream.Collectors;

/** Loops over rows of floats, each a chain of vector operations followed by a masked one. */
final class Rows {
  private Rows() {}

  /**
   * A loop.
   *
   * @param meaning the Javadoc of the loop
   * @param before statement before the loop
   * @param out the variable with the address of the results
   * @param result the vector to store; {@code [x]} stands for a vector at x
   */
  private record Row(
      String meaning, String name, String parameters, String before, String out, String result) {
    Row(String meaning, String name, String parameters, String out, String result) {
      this(meaning, name, parameters, "", out, result);
    }
  }

  private static final List<Row> TABLE =
      List.of(
          new Row(
              "{@code out = value}",
              "fill",
              "long out, float value",
              "FloatVector v = broadcast(FLOATS, value);",
              "out",
              "v"),
          new Row("{@code out += x}", "add", "long x, long out", "out", "[out].add([x])"),
          new Row(
              "{@code out += addend}",
              "shift",
              "float addend, long out",
              "out",
              "[out].add(addend)"),
          new Row(
              "{@code out = factor * x}",
              "scale",
              "float factor, long x, long out",
              "out",
              "[x].mul(factor)"),
          new Row(
              "{@code out += factor * x}, rounded once",
              "addScaled",
              "float factor, long x, long out",
              "FloatVector f = broadcast(FLOATS, factor);",
              "out",
              "[x].fma(f, [out])"),
          new Row(
              "{@code out = r + g * x}",
              "gatedAdd",
              "long r, long g, long x, long out",
              "out",
              "[g].fma([x], [r])"),
          new Row(
              "{@code out = a * b}", "multiply", "long a, long b, long out", "out", "[a].mul([b])"),
          new Row(
              "{@code sums += a * b}",
              "addProduct",
              "long a, long b, long sums",
              "sums",
              "[a].fma([b], [sums])"),
          new Row(
              "{@code out = (x - mean - rest) * rstd * weight + bias}",
              "normalise",
              "long x, float mean, float rest, float rstd, long weight, long bias, long out",
              "out",
              "[x].sub(mean).sub(rest).mul(rstd).fma([weight], [bias])"),
          new Row(
              "{@code out = (x - mean - rest) * rstd * weight}",
              "normalise",
              "long x, float mean, float rest, float rstd, long weight, long out",
              "out",
              "[x].sub(mean).sub(rest).mul(rstd).mul([weight])"),
          new Row(
              "{@code out = (x - mean - rest) * rstd}",
              "normalise",
              "long x, float mean, float rest, float rstd, long out",
              "out",
              "[x].sub(mean).sub(rest).mul(rstd)"),
          new Row(
              "{@code out = rstd * (g - meanG - x * meanGx)} for a normalised x",
              "normGradient",
              "long x, long g, float meanG, float meanGx, float rstd, long out",
              "out",
              "[x].fma(broadcast(FLOATS, -meanGx), [g].sub(meanG)).mul(rstd)"));

  static Generate.Source source() {
    String text =
        """
        import static jdk.incubator.vector.FloatVector.broadcast;
        import static jdk.incubator.vector.FloatVector.fromMemorySegment;
        import static org.diffusionnft.kernels.Lanes.ALL;
        import static org.diffusionnft.kernels.Lanes.FIRST;
        import static org.diffusionnft.kernels.Lanes.FLOATS;
        import static org.diffusionnft.kernels.Lanes.LANES;
        import static org.diffusionnft.kernels.Lanes.ORDER;
        import static org.diffusionnft.kernels.Lanes.whole;

        import jdk.incubator.vector.FloatVector;
        import jdk.incubator.vector.VectorMask;

        /** Loops over contiguous floats that several kernels share. */
        final class RowLoops {
          private RowLoops() {}
        """;
    String loops = TABLE.stream().map(Rows::loop).collect(Collectors.joining());
    return new Generate.Source("RowLoops", "Rows", text + loops + "}\n");
  }

  private static String loop(Row row) {
    return """

      /** %s. */
      static void %s(%s, int n) {
    %s%s  }
    """
        .formatted(
            row.meaning(),
            row.name(),
            row.parameters(),
            row.before().isEmpty() ? "" : "    " + row.before() + "\n",
            Text.loopWithTail(List.of(), row.out(), row.result()));
  }
}
