/** Dot products of one row with four at a time, for F32 and for BF16 rows. */
final class Dots {
  private Dots() {}

  private static final int ROWS = 4;

  static Generate.Source source() {
    String floats = "fromMemorySegment(FLOATS, ALL, %s, ORDER%s)";
    String text =
        """
        import static jdk.incubator.vector.FloatVector.broadcast;
        import static jdk.incubator.vector.FloatVector.fromMemorySegment;
        import static org.diffusionnft.kernels.Lanes.ALL;
        import static org.diffusionnft.kernels.Lanes.FIRST;
        import static org.diffusionnft.kernels.Lanes.FLOATS;
        import static org.diffusionnft.kernels.Lanes.LANES;
        import static org.diffusionnft.kernels.Lanes.ORDER;

        import jdk.incubator.vector.FloatVector;

        /** Dot products of a row of F32 with four rows at a time; see {@link FewRows}. */
        final class DotTiles {
          private DotTiles() {}

          static void floats(
              int k, long a, long b, long rowB, long to, float scale, boolean add, int repeated) {
        %1$s    int i = 0;
            for (; i < Lanes.whole(k); i += LANES) {
              long at = b + 4L * i;
              FloatVector x = fromMemorySegment(FLOATS, ALL, a + 4L * i, ORDER);
        %2$s    }
            if (i < k) {
              long at = b + 4L * i;
              FloatVector x = fromMemorySegment(FLOATS, ALL, a + 4L * i, ORDER, FIRST[k - i]);
        %3$s    }
        %5$s  }

          /** The same sums in the same order, for BF16 rows of whole vectors, each read once. */
          static void bf16(
              int k, long a, long b, long rowB, long to, float scale, boolean add, int repeated) {
        %1$s    for (int i = 0; i < k; i += LANES) {
              long at = b + 2L * i;
              FloatVector x = fromMemorySegment(FLOATS, ALL, a + 4L * i, ORDER);
        %4$s    }
        %5$s  }
        }
        """;
    return new Generate.Source(
        "DotTiles",
        "Dots",
        text.formatted(
            Text.each(ROWS, r -> "    FloatVector s" + r + " = broadcast(FLOATS, 0);\n"),
            products(floats, ""),
            products(floats, ", FIRST[k - i]"),
            products("Lanes.loadBf16(%s)", ""),
            results()));
  }

  private static String products(String load, String mask) {
    return Text.each(
        ROWS,
        r -> "      s%1$d = x.fma(%2$s, s%1$d);\n".formatted(r, load.formatted(row(r), mask)));
  }

  private static String row(int r) {
    return r == 0 ? "at" : r == 1 ? "at + rowB" : "at + " + r + " * rowB";
  }

  private static String results() {
    String sums = Text.each(ROWS, r -> "        Lanes.sum(s%d) * scale,\n".formatted(r));
    return "    FewRows.put(\n        to,\n" + sums + "        add,\n        repeated);\n";
  }
}
