/**
 * Tiles of a matrix product. Every accumulator is a separate local variable, so that the compiler
 * keeps it in a register (an array of vectors would live in memory).
 */
final class Tiles {
  private Tiles() {}

  private static final String IMPORTS =
      """
      import static jdk.incubator.vector.FloatVector.broadcast;
      import static jdk.incubator.vector.FloatVector.fromMemorySegment;
      import static jdk.incubator.vector.FloatVector.zero;
      import static org.diffusionnft.kernels.Lanes.ALL;
      import static org.diffusionnft.kernels.Lanes.BYTES;
      import static org.diffusionnft.kernels.Lanes.F32;
      import static org.diffusionnft.kernels.Lanes.FLOATS;
      import static org.diffusionnft.kernels.Lanes.ORDER;
      """;

  private static final String VECTOR =
      """

      import jdk.incubator.vector.FloatVector;

      """;

  static Generate.Source tall() {
    String text =
        """
        /**
         * Micro-kernels with as many rows as the vector registers hold; see {@link WideTiles}. They
         * read {@code a} with a row stride of {@link TallRows#ROW} bytes: as the compiler knows the
         * stride, a row's offset is a constant in the load instruction. Fourteen offsets in
         * variables would take more registers than there are.
         *
         * <p>{@code c[r, :] = from[r, :] + scale * sum over k of a[r, k] * b[k, :]}, rounded once,
         * {@code from} being {@code c} itself or {@link TallRows#NOTHING}.
         */
        final class TallTiles {
          private TallTiles() {}
        """;
    return tall("TallTiles", text, "ROW", "4");
  }

  static Generate.Source tallTransposed() {
    String text =
        """
        /**
         * {@link TallTiles} for an {@code a} that is stored transposed: its column stride is {@link
         * TallRows#ROW} bytes. A copy with the two strides swapped: as arguments they would not be
         * constants to the compiler, which does not inline methods of this size.
         *
         * <p>{@code c[r, :] = from[r, :] + scale * sum over k of a[k, r] * b[k, :]}, {@code from}
         * being {@code c} itself or {@link TallRows#NOTHING}.
         */
        final class TallTransposedTiles {
          private TallTransposedTiles() {}
        """;
    return tall("TallTransposedTiles", text, "4", "ROW");
  }

  private static Generate.Source tall(String name, String head, String rowA, String stepA) {
    return new Generate.Source(
        name,
        "Tiles",
        IMPORTS
            + "import static org.diffusionnft.kernels.TallRows.ROW;\n"
            + VECTOR
            + head
            + tallTile("For 32 registers.", 14, rowA, stepA)
            + tallTile("For 16 registers.", 6, rowA, stepA)
            + "}\n");
  }

  static Generate.Source wide() {
    String head =
        """
        /**
         * Micro-kernels: tiles of a matrix product, two vectors wide, accumulated in registers.
         *
         * <p>{@code c[r, :] = sum over k of a[r, k] * b[k, :]}. Element {@code (r, k)} of {@code a}
         * is at {@code a + r * rowA + k * stepA}, row {@code k} of {@code b} at {@code b + k *
         * stepB}, row {@code r} of {@code c} at {@code c + r * rowC}; all in bytes. Per step of k,
         * eight rows take ten loads for sixteen fused multiply-adds, so the FMA units are the
         * bottleneck, at 97 % of their peak where measured.
         */
        final class WideTiles {
          private WideTiles() {}
        """;
    return loose("WideTiles", IMPORTS, head, 2);
  }

  static Generate.Source narrow() {
    String head =
        """
        /** Micro-kernels one vector wide, for the last columns of a product; see {@link WideTiles}. */
        final class NarrowTiles {
          private NarrowTiles() {}
        """;
    String imports = IMPORTS.replace("import static org.diffusionnft.kernels.Lanes.BYTES;\n", "");
    return loose("NarrowTiles", imports, head, 1);
  }

  private static Generate.Source loose(String name, String imports, String head, int columns) {
    return new Generate.Source(
        name,
        "Tiles",
        imports
            + VECTOR
            + head
            + looseTile(8, columns)
            + looseTile(4, columns)
            + looseTile(1, columns)
            + "}\n");
  }

  /** A tile that accumulates, with a row stride that is a compile-time constant. */
  private static String tallTile(String doc, int rows, String rowA, String stepA) {
    int columns = 2;
    // One zero for all: one for each would use up the compiler's inlining budget.
    return """

      /** %s */
      static void tile%dx%d(
          int depth,
          long a,
          long b,
          long stepB,
          float scale,
          long from,
          long rowFrom,
          long c,
          long rowC) {
        FloatVector none = zero(FLOATS);
    %s%s    FloatVector factor = broadcast(FLOATS, scale);
    %s  }
    """
        .formatted(
            doc,
            rows,
            columns,
            sums(rows, columns, "none"),
            loop(rows, columns, rowA, stepA),
            cells(
                rows,
                columns,
                """
                    factor.fma(c%1$d_%2$d, fromMemorySegment(FLOATS, ALL, %4$s, ORDER))
                        .intoMemorySegment(ALL, %3$s, ORDER);
                """));
  }

  /** A tile with any row stride, which overwrites the result. */
  private static String looseTile(int rows, int columns) {
    return """

      static void tile%dx%d(
          int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    %s%s%s  }
    """
        .formatted(
            rows,
            columns,
            sums(rows, columns, "zero(FLOATS)"),
            loop(rows, columns, "rowA", "stepA"),
            cells(
                rows,
                columns,
                """
                    c%1$d_%2$d.intoMemorySegment(ALL, %3$s, ORDER);
                """));
  }

  private static String sums(int rows, int columns, String initial) {
    return cells(rows, columns, "    FloatVector c%1$d_%2$d = " + initial + ";\n");
  }

  /** The loop over k: loads a row of b, then multiplies it by an element of each row of a. */
  private static String loop(int rows, int columns, String rowA, String stepA) {
    String loads =
        Text.each(
            columns,
            j ->
                """
                      FloatVector b%d = fromMemorySegment(FLOATS, ALL, %s, ORDER);
                """
                    .formatted(j, at("q", 0, "", j)));
    String products =
        Text.each(
            rows,
            r ->
                """
                      FloatVector a%d = broadcast(FLOATS, ALL.get(F32, %s));
                """
                        .formatted(r, at("p", r, rowA, 0))
                    + Text.each(
                        columns,
                        j ->
                            """
                                  c%1$d_%2$d = a%1$d.fma(b%2$d, c%1$d_%2$d);
                            """
                                .formatted(r, j)));
    return """
        long p = a;
        long q = b;
        for (int k = 0; k < depth; k++) {
    %s%s      p += %s;
          q += stepB;
        }
    """
        .formatted(loads, products, stepA);
  }

  /**
   * A text for each accumulator, row by row, with row, column, address in {@code c} and address in
   * {@code from} filled in.
   */
  private static String cells(int rows, int columns, String text) {
    return Text.each(
        rows,
        r ->
            Text.each(
                columns,
                j -> text.formatted(r, j, at("c", r, "rowC", j), at("from", r, "rowFrom", j))));
  }

  /** The address of vector {@code column} of a row; zero offsets are omitted. */
  private static String at(String base, int row, String rowBytes, int column) {
    String factor = row < 2 ? "" : row + " * ";
    return base + (row == 0 ? "" : " + " + factor + rowBytes) + (column == 0 ? "" : " + BYTES");
  }
}
