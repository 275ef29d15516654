package org.diffusionnft.tensor;

import static org.diffusionnft.tensor.ReferenceDevice.load;
import static org.diffusionnft.tensor.ReferenceDevice.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Normalisations row by row. */
final class ReferenceNorms implements NormKernels {

  @Override
  public void layerNorm(
      Tensor x,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps,
      Tensor out,
      Tensor mean,
      Tensor rstd) {
    double[] v = load(x);
    int c = x.shape().intDim(-1);
    int rows = c == 0 ? 0 : v.length / c;
    Affine scale = new Affine(weight, 1, rows, c);
    Affine shift = new Affine(bias, 0, rows, c);
    double[] means = new double[rows];
    double[] rstds = new double[rows];
    for (int r = 0; r < rows; r++) {
      double sum = 0;
      for (int i = 0; i < c; i++) {
        sum += v[r * c + i];
      }
      double m = sum / c;
      double squares = 0;
      for (int i = 0; i < c; i++) {
        squares += (v[r * c + i] - m) * (v[r * c + i] - m);
      }
      means[r] = m;
      rstds[r] = 1 / Math.sqrt(squares / c + eps);
      for (int i = 0; i < c; i++) {
        v[r * c + i] = (v[r * c + i] - m) * rstds[r] * scale.at(r, i) + shift.at(r, i);
      }
    }
    store(out, v);
    store(mean, means);
    store(rstd, rstds);
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
    double[] means = load(mean);
    double[] rstds = load(rstd);
    int c = x.shape().intDim(-1);
    double[] normalised = load(x);
    for (int i = 0; i < normalised.length; i++) {
      normalised[i] = (normalised[i] - means[i / c]) * rstds[i / c];
    }
    normGrad(normalised, rstds, c, true, weight, gradOut, gradX, gradWeight, gradBias);
  }

  @Override
  public void rmsNorm(Tensor x, @Nullable Tensor weight, double eps, Tensor out, Tensor rstd) {
    double[] v = load(x);
    int c = x.shape().intDim(-1);
    int rows = c == 0 ? 0 : v.length / c;
    Affine scale = new Affine(weight, 1, rows, c);
    double[] rstds = new double[rows];
    for (int r = 0; r < rows; r++) {
      double squares = 0;
      for (int i = 0; i < c; i++) {
        squares += v[r * c + i] * v[r * c + i];
      }
      rstds[r] = 1 / Math.sqrt(squares / c + eps);
      for (int i = 0; i < c; i++) {
        v[r * c + i] *= rstds[r] * scale.at(r, i);
      }
    }
    store(out, v);
    store(rstd, rstds);
  }

  @Override
  public void rmsNormGrad(
      Tensor x,
      @Nullable Tensor weight,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight) {
    double[] rstds = load(rstd);
    int c = x.shape().intDim(-1);
    double[] normalised = load(x);
    for (int i = 0; i < normalised.length; i++) {
      normalised[i] *= rstds[i / c];
    }
    normGrad(normalised, rstds, c, false, weight, gradOut, gradX, gradWeight, null);
  }

  /**
   * With n the normalised row and g the gradient times the weight: {@code rstd (g - mean(g) - n
   * mean(g n))}, where the middle term is there only if the mean was subtracted.
   */
  private static void normGrad(
      double[] normalised,
      double[] rstds,
      int c,
      boolean centred,
      @Nullable Tensor weight,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight,
      @Nullable Tensor gradBias) {
    double[] go = load(gradOut);
    int rows = rstds.length;
    Affine scale = new Affine(weight, 1, rows, c);
    double[] gx = new double[go.length];
    double[] gw = gradWeight == null ? new double[0] : new double[(int) gradWeight.elements()];
    double[] gb = gradBias == null ? new double[0] : new double[(int) gradBias.elements()];
    for (int r = 0; r < rows; r++) {
      double meanG = 0;
      double meanGn = 0;
      for (int i = 0; i < c; i++) {
        double g = go[r * c + i] * scale.at(r, i);
        meanG += g / c;
        meanGn += g * normalised[r * c + i] / c;
      }
      for (int i = 0; i < c; i++) {
        int at = r * c + i;
        double g = go[at] * scale.at(r, i);
        gx[at] = rstds[r] * (g - (centred ? meanG : 0) - normalised[at] * meanGn);
        if (gw.length > 0) {
          gw[r / (rows * c / gw.length) * c + i] += go[at] * normalised[at];
        }
        if (gb.length > 0) {
          gb[r / (rows * c / gb.length) * c + i] += go[at];
        }
      }
    }
    store(gradX, gx);
    if (gradWeight != null) {
      store(gradWeight, gw);
    }
    if (gradBias != null) {
      store(gradBias, gb);
    }
  }

  @Override
  public void softmax(Tensor x, Tensor out) {
    double[] v = load(x);
    int c = x.shape().intDim(-1);
    for (int start = 0; start < v.length; start += c) {
      double max = Double.NEGATIVE_INFINITY;
      for (int i = start; i < start + c; i++) {
        max = Math.max(max, v[i]);
      }
      double sum = 0;
      for (int i = start; i < start + c; i++) {
        v[i] = Math.exp(v[i] - max);
        sum += v[i];
      }
      for (int i = start; i < start + c; i++) {
        v[i] /= sum;
      }
    }
    store(out, v);
  }

  @Override
  public void softmaxGrad(Tensor out, Tensor gradOut, Tensor gradX) {
    double[] y = load(out);
    double[] g = load(gradOut);
    int c = out.shape().intDim(-1);
    for (int start = 0; start < y.length; start += c) {
      double dot = 0;
      double sum = 0; // not quite 1: the stored probabilities are rounded
      for (int i = start; i < start + c; i++) {
        dot += y[i] * g[i];
        sum += y[i];
      }
      for (int i = start; i < start + c; i++) {
        y[i] *= g[i] - dot / sum;
      }
    }
    store(gradX, y);
  }

  /** A weight or bias {@code [G, C]}, each group of which applies to {@code R/G} rows. */
  private static final class Affine {
    private final double[] values;
    private final int rowsPerGroup;
    private final int c;

    Affine(@Nullable Tensor t, double otherwise, int rows, int c) {
      this.c = c;
      if (t == null) {
        values = new double[c];
        Arrays.fill(values, otherwise);
        rowsPerGroup = Math.max(1, rows);
      } else {
        values = load(t);
        rowsPerGroup = Math.max(1, rows * c / values.length);
      }
    }

    double at(int row, int channel) {
      return values[row / rowsPerGroup * c + channel];
    }
  }
}
