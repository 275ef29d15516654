package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Operands.address;
import static org.diffusionnft.kernels.Operands.allFloat;
import static org.diffusionnft.kernels.Operands.allWidenable;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.NormKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Normalisations, row by row. */
final class VectorNorms implements NormKernels {
  private static final int ELEMENTS_PER_TASK = 8192;
  private static final int NEAR_ELEMENTS = 4096;
  private static final int SLOT_ROWS = 1;
  private static final int SLOT_LANES = 2;
  private static final int SLOT_LANES_TOO = 4;
  private static final int SHARED_WEIGHT = 1;
  private static final int SHARED_BIAS = 2;

  private final Scratch shared = new Scratch();
  private final Workers workers;
  private final Fallback fallback;

  VectorNorms(Workers workers, Fallback fallback) {
    this.workers = workers;
    this.fallback = fallback;
  }

  void close() {
    shared.close();
  }

  /** A share of the rows. */
  private interface RowRange {
    void run(long from, long to, Scratch scratch);
  }

  /** Number of rows whose sums are added at once: no more than stay in the L1 cache. */
  private static int together(int c) {
    return Math.clamp(NEAR_ELEMENTS / c, 1, LANES);
  }

  private static LaneSums laneSums(Scratch scratch, int slot) {
    return new LaneSums(scratch.floats(slot, LaneSums.FLOATS_NEEDED));
  }

  private void byRows(long rows, int c, RowRange range) {
    int perTask = Math.max(1, ELEMENTS_PER_TASK / Math.max(1, c));
    workers.run(
        Math.toIntExact((rows + perTask - 1) / perTask),
        3 * rows * c,
        (index, scratch) -> {
          long from = (long) index * perTask;
          range.run(from, Math.min(rows, from + perTask), scratch);
        });
  }

  @Override
  public void layerNorm(
      Tensor x,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps,
      Tensor out,
      Tensor mean,
      Tensor rstd) {
    int c = x.shape().intDim(-1);
    if (!allFloat(x, out, mean, rstd) || !allWidenable(weight, bias) || c == 0) {
      fallback
          .reference("layerNorm", x, weight, bias, out, mean, rstd)
          .norms()
          .layerNorm(x, weight, bias, eps, out, mean, rstd);
      return;
    }
    long rows = x.elements() / c;
    Affine w = affine(weight, rows, c, SHARED_WEIGHT);
    Affine b = affine(bias, rows, c, SHARED_BIAS);
    int together = together(c);
    long from = address(x);
    long to = address(out);
    long means = address(mean);
    long rstds = address(rstd);
    byRows(
        rows,
        c,
        (first, end, scratch) -> {
          LaneSums sums = laneSums(scratch, SLOT_LANES);
          LaneSums squares = laneSums(scratch, SLOT_LANES_TOO);
          for (long block = first; block < end; block += together) {
            int count = (int) Math.min(together, end - block);
            long at = from + 4 * block * c;
            for (int i = 0; i < count; i++) {
              NormRows.sum(at + 4L * i * c, c, sums.row(i));
            }
            sums.add();
            for (int i = 0; i < count; i++) {
              // The first mean is rounded; deviations from it are small, and so is their rounding.
              float shift = sums.of(i) / c;
              Lanes.set(means + 4 * (block + i), shift);
              NormRows.deviations(at + 4L * i * c, shift, c, sums.row(i), squares.row(i));
            }
            sums.add();
            squares.add();
            for (int i = 0; i < count; i++) {
              long r = block + i;
              float shift = Lanes.get(means + 4 * r);
              double rest = (double) sums.of(i) / c;
              double variance = (double) squares.of(i) / c - rest * rest;
              float s = (float) (1 / Math.sqrt(Math.max(0, variance) + eps));
              Lanes.set(means + 4 * r, (float) (shift + rest));
              Lanes.set(rstds + 4 * r, s);
              long row = 4 * r * c;
              normalise(from + row, shift, (float) rest, s, w.row(r), b.row(r), to + row, c);
            }
          }
        });
  }

  @Override
  public void layerNormGrad(
      Tensor x,
      @Nullable Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight,
      @Nullable Tensor gradBias) {
    boolean fits = AffineGrad.fits(gradWeight, gradBias, x.shape().intDim(-1));
    boolean floats = allFloat(x, mean, rstd, gradOut, gradX, gradWeight, gradBias);
    if (!floats || !allWidenable(weight) || !fits) {
      fallback
          .reference("layerNormGrad", x, weight, mean, rstd, gradOut, gradX, gradWeight, gradBias)
          .norms()
          .layerNormGrad(x, weight, mean, rstd, gradOut, gradX, gradWeight, gradBias);
      return;
    }
    normGrad(x, weight, mean, rstd, gradOut, gradX, gradWeight, gradBias);
  }

  @Override
  public void rmsNorm(Tensor x, @Nullable Tensor weight, double eps, Tensor out, Tensor rstd) {
    int c = x.shape().intDim(-1);
    if (!allFloat(x, out, rstd) || !allWidenable(weight) || c == 0) {
      fallback
          .reference("rmsNorm", x, weight, out, rstd)
          .norms()
          .rmsNorm(x, weight, eps, out, rstd);
      return;
    }
    long rows = x.elements() / c;
    Affine w = affine(weight, rows, c, SHARED_WEIGHT);
    int together = together(c);
    long from = address(x);
    long to = address(out);
    long rstds = address(rstd);
    byRows(
        rows,
        c,
        (first, end, scratch) -> {
          LaneSums squares = laneSums(scratch, SLOT_LANES);
          for (long block = first; block < end; block += together) {
            int count = (int) Math.min(together, end - block);
            for (int i = 0; i < count; i++) {
              long row = from + 4 * (block + i) * c;
              NormRows.dot(row, row, c, squares.row(i));
            }
            squares.add();
            for (int i = 0; i < count; i++) {
              long r = block + i;
              float s = (float) (1 / Math.sqrt((double) squares.of(i) / c + eps));
              Lanes.set(rstds + 4 * r, s);
              normalise(from + 4 * r * c, 0, 0, s, w.row(r), 0, to + 4 * r * c, c);
            }
          }
        });
  }

  @Override
  public void rmsNormGrad(
      Tensor x,
      @Nullable Tensor weight,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight) {
    boolean fits = AffineGrad.fits(gradWeight, null, x.shape().intDim(-1));
    boolean floats = allFloat(x, rstd, gradOut, gradX, gradWeight);
    if (!floats || !allWidenable(weight) || !fits) {
      fallback
          .reference("rmsNormGrad", x, weight, rstd, gradOut, gradX, gradWeight)
          .norms()
          .rmsNormGrad(x, weight, rstd, gradOut, gradX, gradWeight);
      return;
    }
    normGrad(x, weight, null, rstd, gradOut, gradX, gradWeight, null);
  }

  /** The last step of a norm; address 0 for no weight or no bias. */
  private static void normalise(
      long x, float mean, float rest, float rstd, long weight, long bias, long out, int c) {
    if (weight != 0 && bias != 0) {
      RowLoops.normalise(x, mean, rest, rstd, weight, bias, out, c);
      return;
    }
    if (weight != 0) {
      RowLoops.normalise(x, mean, rest, rstd, weight, out, c);
      return;
    }
    RowLoops.normalise(x, mean, rest, rstd, out, c);
    if (bias != 0) {
      RowLoops.add(bias, out, c);
    }
  }

  /** Gradients of both norms; RMS norm has no mean. */
  private void normGrad(
      Tensor x,
      @Nullable Tensor weight,
      @Nullable Tensor mean,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight,
      @Nullable Tensor gradBias) {
    int c = x.shape().intDim(-1);
    long rows = x.elements() / c;
    Affine w = affine(weight, rows, c, SHARED_WEIGHT);
    int together = together(c);
    long from = address(x);
    long grad = address(gradOut);
    long to = address(gradX);
    long means = mean == null ? 0 : address(mean);
    long rstds = address(rstd);
    AffineGrad affine = new AffineGrad(gradWeight, gradBias, rows, c);
    workers.run(
        affine.tasks(),
        4 * rows * c,
        (index, scratch) -> {
          long sums = affine.sums(index, scratch);
          long padded = 4L * Panels.padded(c);
          long normalised = scratch.floats(SLOT_ROWS, 2L * together * Panels.padded(c));
          long weighted = normalised + together * padded;
          LaneSums sumsG = laneSums(scratch, SLOT_LANES);
          LaneSums sumsGn = laneSums(scratch, SLOT_LANES_TOO);
          long end = affine.lastRow(index);
          for (long block = affine.firstRow(index); block < end; block += together) {
            int count = (int) Math.min(together, end - block);
            // A separate loop for each step: reading a row that was just written is slow.
            for (int i = 0; i < count; i++) {
              long r = block + i;
              float m = means == 0 ? 0 : Lanes.get(means + 4 * r);
              float s = Lanes.get(rstds + 4 * r);
              RowLoops.normalise(from + 4 * r * c, m, 0, s, normalised + i * padded, c);
              if (weight != null) {
                RowLoops.multiply(grad + 4 * r * c, w.row(r), weighted + i * padded, c);
              }
            }
            if (sums != 0) {
              for (int i = 0; i < count; i++) {
                long at = 4 * (block + i) * c;
                RowLoops.addProduct(grad + at, normalised + i * padded, sums, c);
                RowLoops.add(grad + at, sums + 4L * c, c);
              }
            }
            for (int i = 0; i < count; i++) {
              long g = weight == null ? grad + 4 * (block + i) * c : weighted + i * padded;
              if (means != 0) {
                NormRows.sum(g, c, sumsG.row(i));
              }
              NormRows.dot(g, normalised + i * padded, c, sumsGn.row(i));
            }
            if (means != 0) {
              sumsG.add();
            }
            sumsGn.add();
            for (int i = 0; i < count; i++) {
              long r = block + i;
              long at = 4 * r * c;
              long g = weight == null ? grad + at : weighted + i * padded;
              float meanG = means == 0 ? 0 : sumsG.of(i) / c;
              float meanGn = sumsGn.of(i) / c;
              float s = Lanes.get(rstds + 4 * r);
              RowLoops.normGradient(normalised + i * padded, g, meanG, meanGn, s, to + at, c);
            }
          }
          affine.done(index, sums);
        });
    affine.combine();
  }

  @Override
  public void softmax(Tensor x, Tensor out) {
    int c = x.shape().intDim(-1);
    if (!allFloat(x, out) || c == 0) {
      fallback.reference("softmax", x, out).norms().softmax(x, out);
      return;
    }
    long from = address(x);
    long to = address(out);
    byRows(
        x.elements() / c,
        c,
        (first, end, scratch) -> {
          for (long r = first; r < end; r++) {
            SoftmaxRows.softmax(from + 4 * r * c, to + 4 * r * c, c, scratch.work());
          }
        });
  }

  @Override
  public void softmaxGrad(Tensor out, Tensor gradOut, Tensor gradX) {
    int c = out.shape().intDim(-1);
    if (!allFloat(out, gradOut, gradX) || c == 0) {
      fallback
          .reference("softmaxGrad", out, gradOut, gradX)
          .norms()
          .softmaxGrad(out, gradOut, gradX);
      return;
    }
    long y = address(out);
    long g = address(gradOut);
    long to = address(gradX);
    byRows(
        out.elements() / c,
        c,
        (first, end, scratch) -> {
          for (long r = first; r < end; r++) {
            long at = 4 * r * c;
            NormRows.dot(y + at, g + at, c, scratch.work());
            float dot = Lanes.sumAt(scratch.work());
            SoftmaxRows.gradient(y + at, g + at, dot, to + at, c);
          }
        });
  }

  /** A weight or bias, widened to floats if it is not. */
  private Affine affine(@Nullable Tensor t, long rows, int c, int slot) {
    if (t == null) {
      return new Affine(0, Math.max(1, rows), c);
    }
    long at = address(t);
    if (t.dtype() != DType.F32) {
      int count = Math.toIntExact(t.elements());
      at = shared.floats(slot, count);
      Lanes.widen(t.dtype(), address(t), at, count);
    }
    return new Affine(at, Math.max(1, rows * c / t.elements()), c);
  }

  /**
   * A weight or bias {@code [G, C]}, each group of which applies to {@code R/G} rows; address 0 for
   * none.
   */
  record Affine(long address, long rowsPerGroup, int c) {
    long row(long r) {
      return address == 0 ? 0 : address + 4 * (r / rowsPerGroup) * c;
    }
  }
}
