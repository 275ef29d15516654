/**
 * Tiled matrix product kernels for TornadoVM. A work-item's accumulators are named local variables,
 * because TornadoVM would put an array into slow memory.
 */
final class DeviceTiles {
  private DeviceTiles() {}

  /** Work-items along each side of a tile. */
  private static final int SIDE = 16;

  /** Work-items per group. */
  private static final int GROUP = SIDE * SIDE;

  /** Elements of the inner dimension in local memory at a time. */
  private static final int SLICE = 16;

  /**
   * A tile of 64 x 64. There are enough registers to prefetch the next slice while this one is
   * multiplied, which hides memory latency.
   */
  static Generate.Source medium() {
    return source("MediumTile", 64);
  }

  /** A tile of 128 x 128: twice as many multiplications per element read. */
  static Generate.Source large() {
    return source("LargeTile", 128);
  }

  private static Generate.Source source(String name, int tile) {
    int each = tile / SIDE; // rows, and columns, per work-item
    boolean ahead = each == 4;
    int row = tile + 4; // stride in local memory, see ROW
    int loads = tile * SLICE / GROUP;
    String text =
        """
        import uk.ac.manchester.tornado.api.KernelContext;
        import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
        import uk.ac.manchester.tornado.api.types.arrays.IntArray;
        import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

        /**
         * Device code for a product in tiles of %1$d x %1$d; {@link MatrixTasks} names the slots. A
         * group of 16 x 16 work-items copies both operands to local memory in slices of 16 along
         * the inner dimension, and each work-item keeps %2$d x %2$d accumulators in registers, in
         * runs of four neighbours that are read together. Each slice is summed separately first,
         * which rounds less than one long sum.
         */
        final class %3$s {
          /** Rows and columns of a tile. */
          static final int TILE = %1$d;

          /**
           * Row stride in local memory, chosen so that adjacent work-items write to different
           * banks.
           */
          private static final int ROW = %4$d;

          private static final int SLICE = 16;
          private static final int GROUP = 256;

          /** Offset of the second operand in local memory. */
          private static final int SECOND = SLICE * ROW;

          /** Rows of the result that are in local memory at a time. */
          private static final int STRIP = 32;

          private %3$s() {}

          static void dnftMatmul%1$d(
              KernelContext c,
              FloatArray m,
              ShortArray h0,
              ShortArray h1,
              ShortArray h2,
              ShortArray h3,
              IntArray p,
              int call) {
            float[] t = c.allocateFloatLocalArray(2 * SLICE * ROW);
            int lx = c.localIdx;
            int ly = c.localIdy;
            int id = ly * 16 + lx;
            int rows = p.get(call + MatrixTasks.ROWS);
            int columns = p.get(call + MatrixTasks.COLUMNS);
            int inner = p.get(call + MatrixTasks.INNER);
            int row0 = c.groupIdy * TILE;
            int column0 = c.groupIdx * TILE;
            int batch = c.groupIdz;
            int aAt = p.get(call + MatrixTasks.A) + batch * p.get(call + MatrixTasks.A_BATCH);
            int bAt = p.get(call + MatrixTasks.B) + batch * p.get(call + MatrixTasks.B_BATCH);
            int aRow = p.get(call + MatrixTasks.A_ROW);
            int aInner = p.get(call + MatrixTasks.A_INNER);
            int bInner = p.get(call + MatrixTasks.B_INNER);
            int bColumn = p.get(call + MatrixTasks.B_COLUMN);
            int aType = p.get(call + MatrixTasks.A_TYPE);
            int bType = p.get(call + MatrixTasks.B_TYPE);
            // Adjacent work-items read adjacent elements, whichever way an operand is stored.
        %5$s%6$s\
        """
            .formatted(tile, each, name, row, places("a"), places("b"));
    StringBuilder s = new StringBuilder(text);
    s.append(declare("s", each));
    if (ahead) {
      s.append(aheadLoop(each, loads));
    } else {
      s.append(plainLoop(each, loads));
    }
    s.append(epilogue(each));
    s.append("  }\n}\n");
    return new Generate.Source(name, "DeviceTiles", s.toString());
  }

  /** What a work-item reads of an operand: the first element, the strides, and the limit. */
  private static String places(String operand) {
    boolean a = operand.equals("a");
    return """
        int k%1$s = id / TILE;
        int r%1$s = id %% TILE;
        int k%1$sStep = GROUP / TILE;
        int r%1$sStep = 0;
        if (%1$sInner == 1) {
          k%1$s = id %% SLICE;
          r%1$s = id / SLICE;
          k%1$sStep = 0;
          r%1$sStep = GROUP / SLICE;
        }
        int %1$sFirst = %1$sAt + (%2$s + r%1$s) * %3$s + k%1$s * %1$sInner;
        int %1$sStep = r%1$sStep * %3$s + k%1$sStep * %1$sInner;
        int %1$sWhole = inner - SLICE; // the last full slice; none for other types
        if (%2$s + TILE > %4$s) {
          %1$sWhole = -1;
        }
        if (%1$sType != TypeCode.F32) {
          %1$sWhole = -1;
        }
    """
        .formatted(operand, a ? "row0" : "column0", a ? "aRow" : "bColumn", a ? "rows" : "columns");
  }

  private static String declare(String sums, int each) {
    return Text.each(
        each, i -> Text.each(each, j -> "    float %s%d%d = 0f;\n".formatted(sums, i, j)));
  }

  /** The next slice is read into registers before this one is multiplied. */
  private static String aheadLoop(int each, int loads) {
    return """
    %s    // One iteration more than there are slices: the first only reads.
        for (int k0 = -SLICE; k0 < inner; k0 += SLICE) {
          int next = k0 + SLICE;
    %s      if (k0 >= 0) {
    %s      }
          c.localBarrier();
    %s      c.localBarrier();
        }
    """
        .formatted(
            Text.each(loads, n -> "    float a%1$d = 0f;\n    float b%1$d = 0f;\n".formatted(n)),
            read("a", loads) + read("b", loads),
            multiply("    ", each),
            keep("a", loads) + keep("b", loads));
  }

  private static String plainLoop(int each, int loads) {
    return """
        for (int next = 0; next < inner; next += SLICE) {
    %s%s%s      c.localBarrier();
          // Always true. Without a condition TornadoVM accumulates only after the barrier, so that
          // sums of two slices need registers; and PoCL puts the work-item loop inside this loop,
          // and all sums into memory.
          if (ly < 16) {
    %s      }
          c.localBarrier();
        }
    """
        .formatted(
            Text.each(
                loads, n -> "      float a%1$d = 0f;\n      float b%1$d = 0f;\n".formatted(n)),
            read("a", loads) + read("b", loads),
            keep("a", loads) + keep("b", loads),
            multiply("    ", each));
  }

  /** Statements that copy the values read to local memory. */
  private static String keep(String operand, int loads) {
    return Text.each(
        loads,
        n ->
            "      t[%3$s(k%1$s + %2$s * k%1$sStep) * ROW + r%1$s + %2$s * r%1$sStep] = %1$s%2$s;\n"
                .formatted(operand, n, operand.equals("a") ? "" : "SECOND + "));
  }

  /**
   * Statements that read a work-item's elements of an operand's slice, 0 beyond the edges. Most
   * operands are F32 and most slices away from all edges: there, an address takes one addition.
   */
  private static String read(String operand, int loads) {
    boolean a = operand.equals("a");
    return """
          int %1$sNext = %1$sFirst + next * %1$sInner;
          if (%1$sWhole >= next) {
    %2$s      } else {
    %3$s      }
    """
        .formatted(
            operand,
            Text.each(
                loads,
                n ->
                    "        %1$s%2$d = m.get(%1$sNext + %2$d * %1$sStep);\n"
                        .formatted(operand, n)),
            Text.each(
                loads,
                n ->
                    """
                            %1$s%2$d = 0f;
                            if (next + k%1$s + %2$d * k%1$sStep < inner) {
                              if (%3$s + r%1$s + %2$d * r%1$sStep < %4$s) {
                                %1$s%2$d = Halves.number(m, h0, h1, h2, h3, %1$sType, %1$sNext + %2$d * %1$sStep);
                              }
                            }
                    """
                        .formatted(operand, n, a ? "row0" : "column0", a ? "rows" : "columns")));
  }

  /**
   * Position of a work-item's row or column {@code i}: four adjacent ones, then four at an offset
   * of 64.
   */
  private static int place(int i) {
    return i / 4 * 64 + i % 4;
  }

  private static String multiply(String indent, int each) {
    StringBuilder s = new StringBuilder();
    s.append(declare("p", each).indent(indent.length()));
    s.append(indent).append("    for (int k = 0; k < SLICE; k++) {\n");
    s.append(
        Text.each(
            each,
            i -> indent + "      float x%d = t[k * ROW + 4 * ly + %d];\n".formatted(i, place(i))));
    s.append(
        Text.each(
            each,
            j ->
                indent
                    + "      float y%d = t[SECOND + k * ROW + 4 * lx + %d];\n"
                        .formatted(j, place(j))));
    s.append(
        Text.each(
            each,
            i ->
                Text.each(
                    each, j -> indent + "      p%1$d%2$d += x%1$d * y%2$d;\n".formatted(i, j))));
    s.append(indent).append("    }\n");
    s.append(
        Text.each(
            each,
            i -> Text.each(each, j -> indent + "    s%1$d%2$d += p%1$d%2$d;\n".formatted(i, j))));
    return s.toString();
  }

  /** Stores results through local memory, two rows of each work-item at a time. */
  private static String epilogue(int each) {
    StringBuilder s = new StringBuilder();
    s.append(
        """
            float scale = Scalars.argument(m, p, call, MatrixTasks.SCALE);
            int outAt = p.get(call + MatrixTasks.OUT) + batch * rows * columns;
            // Results go through local memory, so that adjacent work-items write adjacent elements.
            for (int strip = 0; strip < %d; strip++) {
        """
            .formatted(each / 2));
    for (int strip = 0; strip < each / 2; strip++) {
      int own = strip;
      s.append("      if (strip == %d) {\n".formatted(strip));
      s.append(
          Text.each(
              2,
              i ->
                  Text.each(
                      each,
                      j ->
                          "        t[(2 * ly + %d) * TILE + 4 * lx + %d] = s%d%d;\n"
                              .formatted(i, place(j), 2 * own + i, j))));
      s.append("      }\n");
    }
    s.append(
        """
              c.localBarrier();
              for (int e = id; e < STRIP * TILE; e += GROUP) {
                int line = e / TILE;
                int own = 2 * strip + line % 2; // which of a work-item's rows
                int row = row0 + own / 4 * 64 + line / 2 * 4 + own % 4;
                int column = column0 + e % TILE;
                if (row < rows) {
                  if (column < columns) {
                    MatrixTasks.store(m, h0, h1, h2, h3, p, call, t[e] * scale, column, outAt + row * columns + column);
                  }
                }
              }
              c.localBarrier();
            }
        """);
    return s.toString();
  }
}
