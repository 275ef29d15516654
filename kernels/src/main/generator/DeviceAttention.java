import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Tiled attention kernels for TornadoVM: scores stay in local memory and accumulators in registers.
 * Each accumulator is a named local variable, because TornadoVM would put an array into slow
 * memory. Wider heads use fewer rows per tile, so that 48 KiB of local memory is always enough.
 */
final class DeviceAttention {
  private DeviceAttention() {}

  /** Work-items along each side of a work-group. */
  private static final int SIDE = 16;

  /** For heads of up to 64 channels. */
  static Generate.Source narrow() {
    return source("NarrowHeads", 64, 64, 32);
  }

  /** For heads of up to 128 channels. */
  static Generate.Source wide() {
    return source("WideHeads", 128, 32, 16);
  }

  /**
   * The code for heads up to a size.
   *
   * @param queries per tile of the forward pass, whose other side has 32 keys
   * @param side rows of q, and of k, per tile of the backward pass
   */
  private static Generate.Source source(String name, int size, int queries, int side) {
    String text =
        """
        import uk.ac.manchester.tornado.api.KernelContext;
        import uk.ac.manchester.tornado.api.math.TornadoMath;
        import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
        import uk.ac.manchester.tornado.api.types.arrays.IntArray;

        /**
         * Device code for tiled attention, for heads of up to %1$d channels (Dao et al., arXiv
         * 2205.14135); {@link AttentionTasks} names the slots. A group of 16 x 16 work-items
         * handles %2$d queries and visits the keys 32 at a time. Softmax is online: the sums so far
         * are scaled down when a larger score appears. Missing channels and rows are 0.
         *
         * <p>The conditions on {@code ly} are always true. Without them PoCL puts the work-item
         * loop inside the loops, and all accumulators into memory.
         */
        final class %3$s {
          /** The maximum number of channels of a head. */
          static final int SIZE = %1$d;

          /** Queries of a group in the forward pass. */
          static final int QUERIES = %2$d;

          /** Queries, or keys, of a group in the backward pass. */
          static final int ROWS = %4$d;

          /**
           * Row stride in local memory, chosen so that adjacent work-items read from different
           * banks.
           */
          private static final int ROW = SIZE + 4;

          private static final int GROUP = 256;

          /** Keys per step of the forward pass. */
          private static final int KEYS = 32;

          private static final int SCORES = KEYS + 4;

          /** Work-items that share a row of scores. */
          private static final int PARTS = GROUP / QUERIES;

          /** Row stride of scores in the backward pass. */
          private static final int SLOPES = ROWS + 4;

          private %3$s() {}

        """
            .formatted(size, queries, name, side);
    return new Generate.Source(
        name,
        "DeviceAttention",
        text
            + forward(size, queries / SIDE)
            + gradQ(size, side / SIDE)
            + gradKv(size, side / SIDE)
            + "}\n");
  }

  /** The first statements of all three methods. */
  private static String beginning(String rows, String length) {
    return """
        int lx = c.localIdx;
        int ly = c.localIdy;
        int id = ly * 16 + lx;
        int queries = p.get(call + AttentionTasks.QUERIES);
        int keys = p.get(call + AttentionTasks.KEYS);
        int size = p.get(call + AttentionTasks.SIZE);
        int channels = (size + 3) / 4 * 4;
        int width = p.get(call + AttentionTasks.HEADS) * size;
        int tiles = (%1$s + %2$s - 1) / %2$s;
        int head = c.groupIdx / tiles;
        int first = c.groupIdx %% tiles * %2$s;
        int rowsAt = AttentionTasks.start(p, call, queries, head);
        int keysAt = AttentionTasks.start(p, call, keys, head);
        int maskAt = AttentionTasks.maskAt(p, call, head);
        float scale = Scalars.argument(m, p, call, AttentionTasks.SCALE);
    """
        .formatted(rows, length);
  }

  /** A loop that copies rows into local memory, padded with 0. */
  private static String copy(String to, String from, String first, String rows, String length) {
    return """
    for (int e = id; e < %5$s * SIZE; e += GROUP) {
      int r = e / SIZE;
      int d = e %% SIZE;
      float x = 0f;
      if (%3$s + r < %4$s) {
        if (d < size) {
          x = m.get(%2$s + (%3$s + r) * width + d);
        }
      }
      %1$s[r * ROW + d] = x;
    }
    """
        .formatted(to, from, first, rows, length);
  }

  /** {@code name00 = 0} and so on. */
  private static String zeros(String name, int rows, int columns) {
    return Text.each(
        rows, i -> Text.each(columns, j -> "float %s%d%d = 0f;\n".formatted(name, i, j)));
  }

  /**
   * Four channels' share of the products of rows {@code ly * rows + i} of one array and rows {@code
   * lx + 16 j} of another.
   */
  private static String dots(String sums, String a, int rows, String b, int columns) {
    return Text.each(
            4,
            d ->
                Text.each(
                    rows,
                    i ->
                        "float %s%d%d = %s[(ly * %d + %d) * ROW + d + %d];\n"
                            .formatted(a + "x", i, d, a, rows, i, d)))
        + Text.each(
            4,
            d ->
                Text.each(
                    columns,
                    j ->
                        "float %s%d%d = %s[(lx + %d) * ROW + d + %d];\n"
                            .formatted(b + "y", j, d, b, 16 * j, d)))
        + Text.each(
            4,
            d ->
                Text.each(
                    rows,
                    i ->
                        Text.each(
                            columns,
                            j ->
                                "%1$s%2$d%3$d += %4$sx%2$d%5$d * %6$sy%3$d%5$d;\n"
                                    .formatted(sums, i, j, a, d, b))));
  }

  /** Channel {@code n} of a work-item: four adjacent ones, then four at an offset of 64. */
  private static int channel(int n) {
    return n / 4 * 64 + n % 4;
  }

  /**
   * Four rows' share of {@code sums += scores rows}, with the scores of rows {@code ly * rows + i}.
   */
  private static String weighted(
      String sums, String scores, String stride, int rows, String b, int channels) {
    return Text.each(
            rows,
            i ->
                Text.each(
                    4,
                    k ->
                        "float %sw%d%d = %s[(ly * %d + %d) * %s + k + %d];\n"
                            .formatted(sums, i, k, scores, rows, i, stride, k)))
        + Text.each(
            4,
            k ->
                Text.each(
                        channels,
                        n ->
                            "float %sz%d%d = %s[(k + %d) * ROW + 4 * lx + %d];\n"
                                .formatted(sums, k, n, b, k, channel(n)))
                    + Text.each(
                        rows,
                        i ->
                            Text.each(
                                channels,
                                n ->
                                    "%1$s%2$d%3$d += %1$sw%2$d%4$d * %1$sz%4$d%3$d;\n"
                                        .formatted(sums, i, n, k))));
  }

  /** Stores a work-item's part of its rows. */
  private static String store(
      String slot, String at, String count, String sums, int rows, int channels, String divided) {
    return Text.each(
        rows,
        i ->
            "if (first + ly * %d + %d < %s) {\n".formatted(rows, i, count)
                + "int at = p.get(call + AttentionTasks.%s) + %s + (first + ly * %d + %d) * width + 4 * lx;\n"
                    .formatted(slot, at, rows, i)
                + Text.each(
                    channels,
                    n ->
                        "if (4 * lx + %1$d < size) {\nm.set(at + %1$d, %2$s%3$d%4$d%5$s);\n}\n"
                            .formatted(channel(n), sums, i, n, divided.formatted(rows, i)))
                + "}\n");
  }

  private static String forward(int size, int rows) {
    int channels = size / SIDE;
    return """
      /** One group for each batch, head and {@link #QUERIES} queries. */
      static void dnftAttention%1$d(KernelContext c, FloatArray m, IntArray p, int call) {
        float[] q = c.allocateFloatLocalArray(QUERIES * ROW);
        float[] kv = c.allocateFloatLocalArray(KEYS * ROW);
        float[] scores = c.allocateFloatLocalArray(QUERIES * SCORES);
        float[] parts = c.allocateFloatLocalArray(GROUP);
        float[] ofRow = c.allocateFloatLocalArray(QUERIES);
    %2$s    int row = id / PARTS; // of the scores that this work-item turns into weights
        int part = id %% PARTS;
        int ofMask = maskAt + (first + row) * keys;
        float largest = AttentionTasks.LEAST;
        float total = 0f; // of this work-item's part
    %3$s%4$s    for (int k0 = 0; k0 < keys; k0 += KEYS) {
    %5$s      c.localBarrier();
          if (ly < 16) {
    %6$s        for (int d = 0; d < channels; d += 4) {
    %7$s        }
    %8$s      }
          c.localBarrier();
    %9$s      float most = largest;
          for (int key = part; key < KEYS; key += PARTS) {
            if (k0 + key < keys) {
              float score = scores[row * SCORES + key];
              if (first + row < queries) {
                score = AttentionTasks.masked(m, p, call, score, ofMask + k0 + key);
                scores[row * SCORES + key] = score;
              }
              if (score > most) {
                most = score;
              }
            }
          }
          parts[id] = most;
          c.localBarrier();
          for (int n = 0; n < PARTS; n++) {
            if (parts[row * PARTS + n] > most) {
              most = parts[row * PARTS + n];
            }
          }
          float shrink = TornadoMath.exp(largest - most);
          largest = most;
          float sum = 0f;
          for (int key = part; key < KEYS; key += PARTS) {
            float weight = 0f;
            if (k0 + key < keys) {
              weight = TornadoMath.exp(scores[row * SCORES + key] - most);
            }
            scores[row * SCORES + key] = weight;
            sum += weight;
          }
          total = total * shrink + sum;
          if (part == 0) {
            ofRow[row] = shrink;
          }
          c.localBarrier();
          if (4 * lx < channels) {
    %10$s        for (int k = 0; k < KEYS; k += 4) {
    %11$s        }
          }
          c.localBarrier();
        }
        parts[id] = total;
        c.localBarrier();
        if (part == 0) {
          float all = 0f;
          for (int n = 0; n < PARTS; n++) {
            all += parts[row * PARTS + n];
          }
          ofRow[row] = all;
          if (first + row < queries) {
            m.set(p.get(call + AttentionTasks.LOG_SUM_EXP) + head * queries + first + row, largest + TornadoMath.log(all));
          }
        }
        c.localBarrier();
    %12$s  }

    """
        .formatted(
            size,
            beginning("queries", "QUERIES"),
            copy("q", "p.get(call + AttentionTasks.Q) + rowsAt", "first", "queries", "QUERIES"),
            zeros("o", rows, channels),
            copy("kv", "p.get(call + AttentionTasks.K) + keysAt", "k0", "keys", "KEYS"),
            zeros("s", rows, 2),
            dots("s", "q", rows, "kv", 2),
            Text.each(
                rows,
                i ->
                    Text.each(
                        2,
                        j ->
                            "scores[(ly * %d + %d) * SCORES + lx + %d] = s%d%d * scale;\n"
                                .formatted(rows, i, 16 * j, i, j))),
            copy("kv", "p.get(call + AttentionTasks.V) + keysAt", "k0", "keys", "KEYS"),
            Text.each(
                rows,
                i ->
                    "float shrink%1$d = ofRow[ly * %2$d + %1$d];\n".formatted(i, rows)
                        + Text.each(
                            channels,
                            n -> "o%1$d%2$d = o%1$d%2$d * shrink%1$d;\n".formatted(i, n))),
            weighted("o", "scores", "SCORES", rows, "kv", channels),
            store("OUT", "rowsAt", "queries", "o", rows, channels, " / ofRow[ly * %d + %d]"));
  }

  /** The weight and the score gradient of each pair of rows of a work-item. */
  private static String slopes(int rows, String query, String key, boolean weights) {
    return pairs(rows)
        .map(
            ij -> {
              int i = ij / 10;
              int j = ij % 10;
              return """
              float weight%1$d%2$d = 0f;
              float slope%1$d%2$d = 0f;
              int query%1$d%2$d = %3$s;
              int key%1$d%2$d = %4$s;
              if (query%1$d%2$d < queries) {
                if (key%1$d%2$d < keys) {
                  int of = head * queries + query%1$d%2$d;
                  float score = AttentionTasks.masked(m, p, call, dot%1$d%2$d * scale, maskAt + query%1$d%2$d * keys + key%1$d%2$d);
                  weight%1$d%2$d = TornadoMath.exp(score - m.get(p.get(call + AttentionTasks.LOG_SUM_EXP) + of));
                  slope%1$d%2$d = weight%1$d%2$d * (pull%1$d%2$d - m.get(p.get(call + AttentionTasks.DELTA) + of)) * scale;
                }
              }
              slopes[(ly * %5$d + %1$d) * SLOPES + lx + %6$d] = slope%1$d%2$d;
              """
                      .formatted(
                          i,
                          j,
                          query.formatted(query.contains("ly") ? i : 16 * j),
                          key.formatted(key.contains("ly") ? i : 16 * j),
                          rows,
                          16 * j)
                  + (weights
                      ? "weights[(ly * %3$d + %1$d) * SLOPES + lx + %4$d] = weight%1$d%2$d;\n"
                          .formatted(i, j, rows, 16 * j)
                      : "");
            })
        .collect(Collectors.joining());
  }

  private static java.util.stream.Stream<Integer> pairs(int n) {
    return IntStream.range(0, n * n).mapToObj(ij -> ij / n * 10 + ij % n);
  }

  private static String gradQ(int size, int rows) {
    int channels = size / SIDE;
    return """
      /** One group for each batch, head and {@link #ROWS} queries. */
      static void dnftAttentionGradQ%1$d(KernelContext c, FloatArray m, IntArray p, int call) {
        float[] q = c.allocateFloatLocalArray(ROWS * ROW);
        float[] go = c.allocateFloatLocalArray(ROWS * ROW);
        float[] kr = c.allocateFloatLocalArray(ROWS * ROW);
        float[] vr = c.allocateFloatLocalArray(ROWS * ROW);
        float[] slopes = c.allocateFloatLocalArray(ROWS * SLOPES);
    %2$s%3$s%4$s%5$s    for (int k0 = 0; k0 < keys; k0 += ROWS) {
    %6$s%7$s      c.localBarrier();
          if (ly < 16) {
    %8$s        for (int d = 0; d < channels; d += 4) {
    %9$s        }
    %10$s      }
          c.localBarrier();
          if (4 * lx < channels) {
            for (int k = 0; k < ROWS; k += 4) {
    %11$s        }
          }
          c.localBarrier();
        }
    %12$s  }

    """
        .formatted(
            size,
            beginning("queries", "ROWS"),
            copy("q", "p.get(call + AttentionTasks.Q) + rowsAt", "first", "queries", "ROWS"),
            copy(
                "go", "p.get(call + AttentionTasks.GRAD_OUT) + rowsAt", "first", "queries", "ROWS"),
            zeros("g", rows, channels),
            copy("kr", "p.get(call + AttentionTasks.K) + keysAt", "k0", "keys", "ROWS"),
            copy("vr", "p.get(call + AttentionTasks.V) + keysAt", "k0", "keys", "ROWS"),
            zeros("dot", rows, rows) + zeros("pull", rows, rows),
            dots("dot", "q", rows, "kr", rows) + dots("pull", "go", rows, "vr", rows),
            slopes(rows, "first + ly * " + rows + " + %d", "k0 + lx + %d", false),
            weighted("g", "slopes", "SLOPES", rows, "kr", channels),
            store("GRAD_Q", "rowsAt", "queries", "g", rows, channels, ""));
  }

  private static String gradKv(int size, int rows) {
    int channels = size / SIDE;
    return """
      /** One group for each batch, head and {@link #ROWS} keys. */
      static void dnftAttentionGradKV%1$d(KernelContext c, FloatArray m, IntArray p, int call) {
        float[] kr = c.allocateFloatLocalArray(ROWS * ROW);
        float[] vr = c.allocateFloatLocalArray(ROWS * ROW);
        float[] q = c.allocateFloatLocalArray(ROWS * ROW);
        float[] go = c.allocateFloatLocalArray(ROWS * ROW);
        float[] slopes = c.allocateFloatLocalArray(ROWS * SLOPES);
        float[] weights = c.allocateFloatLocalArray(ROWS * SLOPES);
    %2$s%3$s%4$s%5$s    for (int q0 = 0; q0 < queries; q0 += ROWS) {
    %6$s%7$s      c.localBarrier();
          if (ly < 16) {
    %8$s        for (int d = 0; d < channels; d += 4) {
    %9$s        }
    %10$s      }
          c.localBarrier();
          if (4 * lx < channels) {
            for (int k = 0; k < ROWS; k += 4) {
    %11$s        }
          }
          c.localBarrier();
        }
    %12$s  }
    """
        .formatted(
            size,
            beginning("keys", "ROWS"),
            copy("kr", "p.get(call + AttentionTasks.K) + keysAt", "first", "keys", "ROWS"),
            copy("vr", "p.get(call + AttentionTasks.V) + keysAt", "first", "keys", "ROWS"),
            zeros("gk", rows, channels) + zeros("gv", rows, channels),
            copy("q", "p.get(call + AttentionTasks.Q) + rowsAt", "q0", "queries", "ROWS"),
            copy("go", "p.get(call + AttentionTasks.GRAD_OUT) + rowsAt", "q0", "queries", "ROWS"),
            zeros("dot", rows, rows) + zeros("pull", rows, rows),
            dots("dot", "kr", rows, "q", rows) + dots("pull", "vr", rows, "go", rows),
            slopes(rows, "q0 + lx + %d", "first + ly * " + rows + " + %d", true),
            weighted("gk", "slopes", "SLOPES", rows, "q", channels)
                + weighted("gv", "weights", "SLOPES", rows, "go", channels),
            store("GRAD_K", "keysAt", "keys", "gk", rows, channels, "")
                + store("GRAD_V", "keysAt", "keys", "gv", rows, channels, ""));
  }
}
