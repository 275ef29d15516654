package org.diffusionnft.kernels;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.jspecify.annotations.Nullable;

/**
 * One task of a {@link Gemm}: a block of rows and columns of the output, with all of K.
 *
 * <p>It walks K in steps of {@link ProductFormat#depth}, for which a panel of B stays in the L1
 * cache, and in each step its rows in blocks whose copy stays in the L2 cache. A panel is packed
 * just before its first use. Each step's product is added to the output, so the order of additions
 * for an element does not depend on how the output is split.
 */
final class GemmTask {
  /** Minimum rows of A and columns of a task for which a copy for the tall tiles pays off. */
  private static final int MANY = 64;

  /** Maximum number of rows for which packing B is most of the work. */
  private static final int FEW = 8;

  private static final int SLOT_A = 1;
  private static final int SLOT_B = 2;
  private static final int SLOT_FETCHES = 3;

  private final ProductFormat format;
  private final Matrix a;
  private final Matrix b;
  private final int k;
  private final Product product;
  private final Part part;
  private final long packed;
  private final Scratch scratch;
  private final int panels;

  /** Most rows of a step. */
  private final int most;

  private final int blocks;

  /** Bytes of a panel, and how many are kept in memory: two if none is used again. */
  private final long panelBytes;

  private final int kept;

  /**
   * The block of the output.
   *
   * @param out address of its first element
   * @param rowOut bytes between rows of the output
   */
  record Part(int row, int rows, int column, int columns, long out, long rowOut) {}

  /** Some rows of the part and some of K; a panel is packed in the step whose first row is 0. */
  private record Step(int row, int rows, int fromK, int depth) {
    boolean packs() {
      return row == 0;
    }
  }

  /**
   * A task.
   *
   * @param packed address of the packed panel of the part's first column, with all of K; 0 if the
   *     task packs its panels itself
   */
  GemmTask(
      ProductFormat format,
      Matrix a,
      Matrix b,
      int k,
      Product product,
      Part part,
      long packed,
      Scratch scratch) {
    this.format = format;
    this.a = a;
    this.b = b;
    this.k = k;
    this.product = product;
    this.part = part;
    this.packed = packed;
    this.scratch = scratch;
    this.panels = Panels.count(part.columns);
    this.most = Gemm.evenly(part.rows, format.rows(), Block.ROWS);
    this.blocks = Gemm.parts(part.rows, most);
    this.panelBytes = 4L * Panels.WIDTH * format.steps(Math.min(k, format.depth()));
    this.kept = blocks > 1 ? panels : Math.min(panels, 2);
  }

  /** Multiplies. */
  void run() {
    if (k == 0) {
      clear();
      return;
    }
    if (packed == 0 && part.rows <= FEW) {
      runFew();
      return;
    }
    long memory = packed == 0 ? scratch.floats(SLOT_B, kept * panelBytes / Float.BYTES) : 0;
    Fetches fetches =
        packed == 0 && format.fetches() ? new Fetches(scratch, SLOT_FETCHES, most) : null;
    Step step = step(0);
    for (int index = 1; step != null; index++) {
      Step next = step(index);
      Block.Left left = left(step, Math.min(step.rows, part.columns) >= MANY);
      for (int panel = 0; panel < panels; panel++) {
        long at = at(memory, step, panel);
        if (packed == 0 && step.packs()) {
          pack(panel, step.fromK, step.depth, at);
        }
        format.strip(
            step.rows,
            columns(panel),
            step.depth,
            left,
            at,
            Panels.step(columns(panel)),
            output(step.row, panel),
            part.rowOut,
            (float) product.scale(),
            product.accumulate() || step.fromK > 0,
            scratch.tile(),
            fetches == null ? 0 : fetch(fetches, memory, step, panel, next));
      }
      step = next;
    }
  }

  /** A step; null after the last one. */
  private @Nullable Step step(int index) {
    int fromK = index / blocks * format.depth();
    if (fromK >= k) {
      return null;
    }
    int row = index % blocks * most;
    return new Step(
        row, Math.min(most, part.rows - row), fromK, Math.min(format.depth(), k - fromK));
  }

  private void clear() {
    for (int r = 0; r < part.rows && !product.accumulate(); r++) {
      RowLoops.fill(part.out + part.rowOut * r, 0, part.columns);
    }
  }

  /** Columns of a panel. */
  private int columns(int panel) {
    return Math.min(Panels.WIDTH, part.columns - panel * Panels.WIDTH);
  }

  private void pack(int panel, int fromK, int depth, long to) {
    int column = part.column + panel * Panels.WIDTH;
    format.pack(b, fromK, depth, column, columns(panel), to, scratch.work());
  }

  private long output(int row, int panel) {
    return part.out + part.rowOut * row + 4L * panel * Panels.WIDTH;
  }

  private Block.Left left(Step step, boolean reused) {
    return format.left(
        a, part.row + step.row, step.rows, step.fromK, step.depth, reused, scratch, SLOT_A);
  }

  /**
   * Few rows use a panel only once, so all of K is packed for each, into the memory of the one
   * before, which is still in cache; or it is read in place if it has that layout.
   */
  private void runFew() {
    for (int panel = 0; panel < panels; panel++) {
      int columns = columns(panel);
      boolean inPlace = !b.transposed() && b.dtype() == DType.F32 && columns == Panels.WIDTH;
      long stepB = inPlace ? b.rowBytes() : Panels.step(columns);
      long at = b.address() + 4L * (part.column + panel * Panels.WIDTH);
      if (!inPlace) {
        at = scratch.floats(SLOT_B, Panels.floats(columns, format.steps(k)));
        pack(panel, 0, k, at);
      }
      for (int fromK = 0; fromK < k; fromK += format.depth()) {
        Step step = new Step(0, part.rows, fromK, Math.min(format.depth(), k - fromK));
        format.strip(
            step.rows,
            columns,
            step.depth,
            left(step, false),
            at + stepB * format.steps(fromK),
            stepB,
            output(0, panel),
            part.rowOut,
            (float) product.scale(),
            product.accumulate() || fromK > 0,
            scratch.tile(),
            0);
      }
    }
  }

  /** The address of a packed panel. */
  private long at(long memory, Step step, int panel) {
    return packed == 0
        ? memory + panel % kept * panelBytes
        : packed
            + 4L * panel * Panels.WIDTH * format.steps(k)
            + Panels.step(columns(panel)) * format.steps(step.fromK);
  }

  /** Has a strip fetch what comes after it. */
  private long fetch(Fetches fetches, long memory, Step step, int panel, @Nullable Step next) {
    Fetches.Rows leftRows =
        next == null ? packedRows(memory, step, panel) : leftRows(next, panel * fetches.leftRows());
    boolean last = panel + 1 == panels;
    Step following = last ? next : step;
    int followingPanel = last ? 0 : panel + 1;
    Fetches.Rows panelRows;
    if (next != null && next.packs() && !b.transposed()) {
      panelRows = rowsToPack(next, 4L * format.steps(step.depth), panel * fetches.panelRows());
    } else if (following == null || (following.packs() && !b.transposed())) {
      panelRows = packedRows(memory, step, panel); // there is nothing to fetch
    } else if (following.packs()) {
      panelRows = columnsToPack(following, followingPanel);
    } else {
      panelRows = packedRows(memory, following, followingPanel);
    }
    return fetches.list(panelRows, leftRows);
  }

  private Fetches.Rows packedRows(long memory, Step step, int panel) {
    return new Fetches.Rows(
        at(memory, step, panel), 4L * format.steps(step.depth), Panels.padded(columns(panel)));
  }

  /** What a panel is packed from if B is stored transposed. */
  private Fetches.Rows columnsToPack(Step step, int panel) {
    long column = part.column + (long) panel * Panels.WIDTH;
    return new Fetches.Rows(
        b.address() + column * b.rowBytes() + (long) b.dtype().bytes() * step.fromK,
        b.rowBytes(),
        columns(panel));
  }

  /** What all panels of a step are packed from if B is not stored transposed. */
  private Fetches.Rows rowsToPack(Step step, long piece, int from) {
    return new Fetches.Rows(
        b.address() + step.fromK * b.rowBytes() + (long) b.dtype().bytes() * part.column,
        b.rowBytes(),
        step.depth,
        piece,
        from);
  }

  /** What the left matrix of a step is copied from. */
  private Fetches.Rows leftRows(Step step, int from) {
    long row = (long) part.row + step.row;
    long size = a.dtype().bytes();
    return a.transposed()
        ? new Fetches.Rows(
            a.address() + step.fromK * a.rowBytes() + size * row, a.rowBytes(), step.depth, 0, from)
        : new Fetches.Rows(
            a.address() + row * a.rowBytes() + size * step.fromK, a.rowBytes(), step.rows, 0, from);
  }
}
