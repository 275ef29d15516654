package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Norms;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Normalisations and softmax. */
final class NormCases {
  private NormCases() {}

  private static final double EPS = 1e-6;

  static List<ConformanceCase> all() {
    List<ConformanceCase> all = new ArrayList<>();
    long[][] shapes = {
      {1, 1, 1}, {3, 7, 33}, {6, 45, 96}, {2, 5, 24}, {2, 150, 1536}, {200, 1, 16}
    };
    for (long[] d : shapes) {
      layerNorm(all, d, 0, 0);
      layerNorm(all, d, 1, 1);
      layerNorm(all, d, d[0], d[0]);
      layerNorm(all, d, d[0], 1);
      layerNorm(all, d, 0, d[0]);
      rmsNorm(all, d, false);
      rmsNorm(all, d, true);
      softmax(all, d);
    }
    for (DType dtype : new DType[] {DType.BF16, DType.F16}) {
      halfWeights(all, dtype);
    }
    all.add(
        new ConformanceCase(
            "layerNorm",
            "of rows far from 0",
            Tolerance.perTensor(8),
            s -> {
              Tensor x = s.uniform(300, 301, 20, 96);
              var n = Norms.layerNorm(x, null, null, EPS);
              return List.of(n.out());
            }));
    return all;
  }

  /** Operands, and the result of a layer norm. */
  private record Normed(
      Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, Norms.LayerNormed normed) {
    static Normed of(Samples s, long[] d, long groupsW, long groupsB) {
      Tensor x = s.normal(d);
      Tensor w = groupsW == 0 ? null : s.normal(groupsW, d[2]);
      Tensor b = groupsB == 0 ? null : s.normal(groupsB, d[2]);
      return new Normed(x, w, b, Norms.layerNorm(x, w, b, EPS));
    }
  }

  private static void layerNorm(List<ConformanceCase> all, long[] d, long groupsW, long groupsB) {
    String variant = Arrays.toString(d) + " groups " + groupsW + " and " + groupsB;
    all.add(
        new ConformanceCase(
            "layerNorm",
            variant,
            Tolerance.perTensor(8),
            s -> {
              var n = Normed.of(s, d, groupsW, groupsB).normed;
              return List.of(n.out(), n.mean(), n.rstd());
            }));
    if (d[2] == 1) {
      return; // The gradient is 0 / 0 with one channel, up to eps.
    }
    all.add(
        new ConformanceCase(
            "layerNormGrad",
            variant,
            Tolerance.perTensor(8),
            s -> {
              Normed of = Normed.of(s, d, groupsW, groupsB);
              Tensor b = of.bias;
              var n = of.normed;
              var g =
                  Norms.layerNormGrad(
                      of.x,
                      of.weight,
                      n.mean(),
                      n.rstd(),
                      s.normal(d),
                      true,
                      b == null ? null : b.shape());
              List<Tensor> outputs = new ArrayList<>(List.of(g.x()));
              if (g.weight() != null) {
                outputs.add(g.weight());
              }
              if (g.bias() != null) {
                outputs.add(g.bias());
              }
              return outputs;
            }));
  }

  private static void rmsNorm(List<ConformanceCase> all, long[] d, boolean weighted) {
    String variant = Arrays.toString(d) + (weighted ? " weighted" : "");
    all.add(
        new ConformanceCase(
            "rmsNorm",
            variant,
            Tolerance.perTensor(8),
            s -> {
              var n = Norms.rmsNorm(s.normal(d), weighted ? s.normal(d[2]) : null, EPS);
              return List.of(n.out(), n.rstd());
            }));
    if (d[2] == 1) {
      return;
    }
    all.add(
        new ConformanceCase(
            "rmsNormGrad",
            variant,
            Tolerance.perTensor(8),
            s -> {
              Tensor x = s.normal(d);
              Tensor w = weighted ? s.normal(d[2]) : null;
              var n = Norms.rmsNorm(x, w, EPS);
              var g = Norms.rmsNormGrad(x, w, n.rstd(), s.normal(d), true);
              return g.weight() == null ? List.of(g.x()) : List.of(g.x(), g.weight());
            }));
  }

  /** Frozen weights in half precision, as in a model with such weights. */
  private static void halfWeights(List<ConformanceCase> all, DType dtype) {
    long[] d = {3, 7, 33};
    all.add(
        new ConformanceCase(
            "layerNorm",
            "weights in " + dtype,
            Tolerance.perTensor(8),
            s -> {
              Tensor w = s.normal(dtype, d[0], d[2]);
              return List.of(Norms.layerNorm(s.normal(d), w, s.normal(dtype, d[2]), EPS).out());
            }));
    all.add(
        new ConformanceCase(
            "layerNormGrad",
            "weights in " + dtype,
            Tolerance.perTensor(8),
            s -> {
              Tensor x = s.normal(d);
              Tensor w = s.normal(dtype, d[0], d[2]);
              var n = Norms.layerNorm(x, w, null, EPS);
              var g = Norms.layerNormGrad(x, w, n.mean(), n.rstd(), s.normal(d), false, null);
              return List.of(g.x());
            }));
    all.add(
        new ConformanceCase(
            "rmsNorm",
            "weights in " + dtype,
            Tolerance.perTensor(8),
            s -> List.of(Norms.rmsNorm(s.normal(d), s.normal(dtype, d[2]), EPS).out())));
    all.add(
        new ConformanceCase(
            "rmsNormGrad",
            "weights in " + dtype,
            Tolerance.perTensor(8),
            s -> {
              Tensor x = s.normal(d);
              Tensor w = s.normal(dtype, d[2]);
              var n = Norms.rmsNorm(x, w, EPS);
              return List.of(Norms.rmsNormGrad(x, w, n.rstd(), s.normal(d), false).x());
            }));
  }

  private static void softmax(List<ConformanceCase> all, long[] d) {
    all.add(
        new ConformanceCase(
            "softmax",
            Arrays.toString(d),
            // Rounding x - max, which is up to 40, alone costs 16 units.
            Tolerance.perElement(24),
            s -> List.of(Norms.softmax(s.uniform(-20, 20, d)))));
    all.add(
        new ConformanceCase(
            "softmaxGrad",
            Arrays.toString(d),
            Tolerance.perTensor(8),
            s -> {
              Tensor y = Norms.softmax(s.normal(d));
              return List.of(Norms.softmaxGrad(y, s.normal(d)));
            }));
  }
}
