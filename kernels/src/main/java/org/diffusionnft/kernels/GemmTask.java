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
  private final Scratch scratch;
  private final int panels;

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

  GemmTask(
      ProductFormat format,
      Matrix a,
      Matrix b,
      int k,
      Product product,
      Part part,
      Scratch scratch) {
    this.format = format;
    this.a = a;
    this.b = b;
    this.k = k;
    this.product = product;
    this.part = part;
    this.scratch = scratch;
    this.panels = Panels.count(part.columns);
  }

  /** Packs the panels that it needs, and multiplies. */
  void run() {
    if (k == 0) {
      clear();
    } else if (part.rows <= FEW) {
      runFew();
    } else {
      new Walk(0).run();
    }
  }

  /**
   * Multiplies with panels that are packed already.
   *
   * @param packed address of the panel of the part's first column, with all of K
   */
  void run(long packed) {
    if (k == 0) {
      clear();
    } else {
      new Walk(packed).run();
    }
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

  private void strip(Step step, int panel, Block.Left left, long at, long stepB, long fetches) {
    format.strip(
        step.rows,
        columns(panel),
        step.depth,
        left,
        at,
        stepB,
        part.out + part.rowOut * step.row + 4L * panel * Panels.WIDTH,
        part.rowOut,
        (float) product.scale(),
        product.accumulate() || step.fromK > 0,
        scratch.tile(),
        fetches);
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
        strip(step, panel, left(step, false), at + stepB * format.steps(fromK), stepB, 0);
      }
    }
  }

  /** The steps of a task with more than a few rows. */
  private final class Walk {
    private final long packed;
    private final int most = Gemm.evenly(part.rows, format.rows(), Block.ROWS);
    private final int blocks = Gemm.parts(part.rows, most);
    private final int steps = blocks * Gemm.parts(k, format.depth());

    /** Size of a panel in bytes, and how many are kept: two if none is used again. */
    private final long panelBytes = 4L * Panels.WIDTH * format.steps(Math.min(k, format.depth()));

    private final int kept = blocks > 1 ? panels : Math.min(panels, 2);
    private final long memory;
    private final @Nullable Fetches fetches;

    private Walk(long packed) {
      this.packed = packed;
      this.memory = packed == 0 ? scratch.floats(SLOT_B, kept * panelBytes / 4) : 0;
      this.fetches =
          packed == 0 && format.fetches() ? new Fetches(scratch, SLOT_FETCHES, most) : null;
    }

    private @Nullable Step step(int index) {
      if (index == steps) {
        return null;
      }
      int row = index % blocks * most;
      int fromK = index / blocks * format.depth();
      return new Step(
          row, Math.min(most, part.rows - row), fromK, Math.min(format.depth(), k - fromK));
    }

    private void run() {
      Step step = step(0);
      for (int index = 1; step != null; index++) {
        Step next = step(index);
        Block.Left left = left(step, Math.min(step.rows, part.columns) >= MANY);
        for (int panel = 0; panel < panels; panel++) {
          long at = at(step, panel);
          if (packed == 0 && step.packs()) {
            pack(panel, step.fromK, step.depth, at);
          }
          long list = fetches == null ? 0 : fetch(fetches, step, panel, next);
          strip(step, panel, left, at, Panels.step(columns(panel)), list);
        }
        step = next;
      }
    }

    /** The address of a packed panel. */
    private long at(Step step, int panel) {
      return packed == 0
          ? memory + panel % kept * panelBytes
          : packed
              + 4L * panel * Panels.WIDTH * format.steps(k)
              + Panels.step(columns(panel)) * format.steps(step.fromK);
    }

    /** Has a strip fetch what comes after it. */
    private long fetch(Fetches fetches, Step step, int panel, @Nullable Step next) {
      Fetches.Rows leftRows =
          next == null ? packedRows(step, panel) : leftRows(next, panel * fetches.leftRows());
      boolean last = panel + 1 == panels;
      Step following = last ? next : step;
      int followingPanel = last ? 0 : panel + 1;
      Fetches.Rows panelRows;
      if (next != null && next.packs() && !b.transposed()) {
        panelRows = rowsToPack(next, 4L * format.steps(step.depth), panel * fetches.panelRows());
      } else if (following == null || (following.packs() && !b.transposed())) {
        panelRows = packedRows(step, panel); // there is nothing to fetch
      } else if (following.packs()) {
        panelRows = columnsToPack(following, followingPanel);
      } else {
        panelRows = packedRows(following, followingPanel);
      }
      return fetches.list(panelRows, leftRows);
    }

    private Fetches.Rows packedRows(Step step, int panel) {
      return new Fetches.Rows(
          at(step, panel), 4L * format.steps(step.depth), Panels.padded(columns(panel)));
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
              a.address() + step.fromK * a.rowBytes() + size * row,
              a.rowBytes(),
              step.depth,
              0,
              from)
          : new Fetches.Rows(
              a.address() + row * a.rowBytes() + size * step.fromK,
              a.rowBytes(),
              step.rows,
              0,
              from);
    }
  }
}
