package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;
import static org.diffusionnft.kernels.Operands.allFloat;

import org.diffusionnft.tensor.NormKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Normalisations, row by row: statistics in double precision, the rest in floats. */
final class VectorNorms implements NormKernels {
  private static final int ELEMENTS_PER_TASK = 8192;
  private final Workers workers;
  private final NormKernels reference;

  VectorNorms(Workers workers, NormKernels reference) {
    this.workers = workers;
    this.reference = reference;
  }

  /** A share of the rows. */
  private interface RowRange {
    void run(long from, long to);
  }

  private void byRows(long rows, int c, RowRange range) {
    int perTask = Math.max(1, ELEMENTS_PER_TASK / Math.max(1, c));
    workers.run(
        Math.toIntExact((rows + perTask - 1) / perTask),
        3 * rows * c,
        (index, scratch) -> {
          long from = (long) index * perTask;
          range.run(from, Math.min(rows, from + perTask));
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
    if (!allFloat(x, weight, bias, out, mean, rstd) || c == 0) {
      reference.layerNorm(x, weight, bias, eps, out, mean, rstd);
      return;
    }
    long rows = x.elements() / c;
    Affine w = Affine.of(weight, rows, c);
    Affine b = Affine.of(bias, rows, c);
    long from = address(x);
    long to = address(out);
    long means = address(mean);
    long rstds = address(rstd);
    byRows(
        rows,
        c,
        (first, end) -> {
          for (long r = first; r < end; r++) {
            long row = from + 4 * r * c;
            double m = Sums.sum(row, c) / c;
            float s = (float) (1 / Math.sqrt(Sums.variance(row, m, c) + eps));
            Lanes.set(means + 4 * r, (float) m);
            Lanes.set(rstds + 4 * r, s);
            NormRows.normalise(row, m, s, w.row(r), b.row(r), to + 4 * r * c, c);
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
    if (!allFloat(x, weight, mean, rstd, gradOut, gradX, gradWeight, gradBias) || !fits) {
      reference.layerNormGrad(x, weight, mean, rstd, gradOut, gradX, gradWeight, gradBias);
      return;
    }
    normGrad(x, weight, mean, rstd, gradOut, gradX, gradWeight, gradBias);
  }

  @Override
  public void rmsNorm(Tensor x, @Nullable Tensor weight, double eps, Tensor out, Tensor rstd) {
    int c = x.shape().intDim(-1);
    if (!allFloat(x, weight, out, rstd) || c == 0) {
      reference.rmsNorm(x, weight, eps, out, rstd);
      return;
    }
    long rows = x.elements() / c;
    Affine w = Affine.of(weight, rows, c);
    long from = address(x);
    long to = address(out);
    long rstds = address(rstd);
    byRows(
        rows,
        c,
        (first, end) -> {
          for (long r = first; r < end; r++) {
            long row = from + 4 * r * c;
            float s = (float) (1 / Math.sqrt(Sums.squares(row, 0, c) / c + eps));
            Lanes.set(rstds + 4 * r, s);
            NormRows.normalise(row, 0, s, w.row(r), 0, to + 4 * r * c, c);
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
    if (!allFloat(x, weight, rstd, gradOut, gradX, gradWeight) || !fits) {
      reference.rmsNormGrad(x, weight, rstd, gradOut, gradX, gradWeight);
      return;
    }
    normGrad(x, weight, null, rstd, gradOut, gradX, gradWeight, null);
  }

  /** Both norms' gradients; without a mean none was subtracted. */
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
    Affine w = Affine.of(weight, rows, c);
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
          long end = affine.lastRow(index);
          for (long r = affine.firstRow(index); r < end; r++) {
            float m = means == 0 ? 0 : Lanes.get(means + 4 * r);
            long at = 4 * r * c;
            NormRows.gradient(
                from + at,
                m,
                means != 0,
                Lanes.get(rstds + 4 * r),
                w.row(r),
                grad + at,
                to + at,
                sums,
                c);
          }
          affine.done(index, sums);
        });
    affine.combine();
  }

  @Override
  public void softmax(Tensor x, Tensor out) {
    int c = x.shape().intDim(-1);
    if (!allFloat(x, out) || c == 0) {
      reference.softmax(x, out);
      return;
    }
    long from = address(x);
    long to = address(out);
    byRows(
        x.elements() / c,
        c,
        (first, end) -> {
          for (long r = first; r < end; r++) {
            SoftmaxRows.softmax(from + 4 * r * c, to + 4 * r * c, c);
          }
        });
  }

  @Override
  public void softmaxGrad(Tensor out, Tensor gradOut, Tensor gradX) {
    int c = out.shape().intDim(-1);
    if (!allFloat(out, gradOut, gradX) || c == 0) {
      reference.softmaxGrad(out, gradOut, gradX);
      return;
    }
    long y = address(out);
    long g = address(gradOut);
    long to = address(gradX);
    byRows(
        out.elements() / c,
        c,
        (first, end) -> {
          for (long r = first; r < end; r++) {
            long at = 4 * r * c;
            float dot = (float) Sums.dot(y + at, g + at, c);
            SoftmaxRows.gradient(y + at, g + at, dot, to + at, c);
          }
        });
  }

  /**
   * A weight or bias {@code [G, C]} of which group g serves {@code R/G} rows; address 0 for none.
   */
  record Affine(long address, long rowsPerGroup, int c) {
    static Affine of(@Nullable Tensor t, long rows, int c) {
      return t == null
          ? new Affine(0, Math.max(1, rows), c)
          : new Affine(Operands.address(t), Math.max(1, rows * c / t.elements()), c);
    }

    long row(long r) {
      return address == 0 ? 0 : address + 4 * (r / rowsPerGroup) * c;
    }
  }
}
