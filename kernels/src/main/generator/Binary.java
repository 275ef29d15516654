import java.util.List;
import java.util.stream.Collectors;

/** Functions of two elements; see {@link Unary} for why each has its own loop. */
final class Binary {
  private Binary() {}

  /**
   * A function.
   *
   * @param op the constant of {@code BinaryOp}
   * @param result the expression of {@code x} and {@code y}, vectors of the operands
   */
  private record Row(String op, String result) {}

  private static final List<Row> TABLE =
      List.of(
          new Row("ADD", "x.add(y)"),
          new Row("SUB", "x.sub(y)"),
          new Row("MUL", "x.mul(y)"),
          new Row("DIV", "x.div(y)"),
          new Row("MAX", "x.max(y)"),
          new Row("MIN", "x.min(y)"),
          new Row("GREATER", "broadcast(FLOATS, 0).blend(1f, x.compare(GT, y))"),
          new Row("GREATER_EQUAL", "broadcast(FLOATS, 0).blend(1f, x.compare(GE, y))"),
          new Row("EQUAL", "broadcast(FLOATS, 0).blend(1f, x.compare(EQ, y))"));

  static Generate.Source source() {
    String text =
        """
        import static jdk.incubator.vector.FloatVector.broadcast;
        import static jdk.incubator.vector.FloatVector.fromMemorySegment;
        import static jdk.incubator.vector.VectorOperators.EQ;
        import static jdk.incubator.vector.VectorOperators.GE;
        import static jdk.incubator.vector.VectorOperators.GT;
        import static org.diffusionnft.kernels.Lanes.ALL;
        import static org.diffusionnft.kernels.Lanes.FIRST;
        import static org.diffusionnft.kernels.Lanes.FLOATS;
        import static org.diffusionnft.kernels.Lanes.LANES;
        import static org.diffusionnft.kernels.Lanes.ORDER;
        import static org.diffusionnft.kernels.Lanes.whole;

        import jdk.incubator.vector.FloatVector;
        import jdk.incubator.vector.VectorMask;
        import org.diffusionnft.tensor.BinaryOp;

        /** Functions of two elements, a loop each. */
        final class BinaryLoops {
          private BinaryLoops() {}

          /**
           * {@code out[i] = p[i] op q[i]} for {@code n} elements. A step is 1, or 0 to use one
           * element for all; {@code out} may be an operand whose step is 1.
           */
          static void run(BinaryOp op, long p, int stepP, long q, int stepQ, long out, int n) {
            if (stepP == 0 && stepQ == 0 && n > 1) {
              run(op, p, 1, q, 1, out, 1);
              float value = Lanes.get(out);
              for (int i = 1; i < n; i++) {
                Lanes.set(out + 4L * i, value);
              }
              return;
            }
            switch (op) {
        %s    }
          }

          private static FloatVector operand(long address, int step, int i) {
            return step == 0
                ? Lanes.splatAt(address)
                : fromMemorySegment(FLOATS, ALL, address + 4L * i, ORDER);
          }

          private static FloatVector operand(long address, int step, int i, VectorMask<Float> inside) {
            return step == 0
                ? Lanes.splatAt(address)
                : fromMemorySegment(FLOATS, ALL, address + 4L * i, ORDER, inside);
          }
        %s}
        """;
    return new Generate.Source(
        "BinaryLoops",
        "Binary",
        text.formatted(
            TABLE.stream()
                .map(
                    row ->
                        "      case %s -> %s(p, stepP, q, stepQ, out, n);\n"
                            .formatted(row.op(), Text.camelCase(row.op())))
                .collect(Collectors.joining()),
            TABLE.stream().map(Binary::loop).collect(Collectors.joining())));
  }

  private static String loop(Row row) {
    return """

      private static void %s(long p, int stepP, long q, int stepQ, long out, int n) {
    %s  }
    """
        .formatted(
            Text.camelCase(row.op()),
            Text.loopWithTail(
                List.of(
                    "FloatVector x = operand(p, stepP, i#);",
                    "FloatVector y = operand(q, stepQ, i#);"),
                "out",
                row.result()));
  }
}
