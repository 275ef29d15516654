package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.tensor.Attention;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention and its gradient. */
final class AttentionCases {
  private AttentionCases() {}

  /** Two units of BF16, which has 16 bits fewer than F32. */
  private static final Tolerance HALF = Tolerance.perTensor(2 << 16);

  static List<ConformanceCase> all() {
    List<ConformanceCase> all = new ArrayList<>();
    // B, H, S, T, D
    int[][] shapes = {
      {1, 1, 1, 1, 1},
      {2, 3, 5, 7, 4},
      {2, 4, 45, 45, 24},
      {3, 4, 45, 45, 16},
      {1, 2, 33, 65, 32},
      {2, 2, 1, 77, 64},
      {1, 2, 300, 290, 64},
      {1, 17, 70, 270, 8},
      {1, 1, 270, 600, 40},
      {1, 2, 70, 90, 80},
      {2, 1, 33, 45, 128},
      {1, 1, 20, 30, 200},
    };
    for (Precision precision : Precision.values()) {
      for (int[] d : shapes) {
        add(all, d, null, precision);
        add(all, d, new int[] {1, 1}, precision);
        add(all, d, new int[] {d[0], d[1]}, precision);
      }
      add(all, new int[] {2, 4, 45, 45, 24}, new int[] {1, 4}, precision);
      add(all, new int[] {2, 4, 45, 300, 24}, new int[] {2, 1}, precision);
    }
    add(all, new int[] {1, 1, 20, 30, 600}, null, Precision.BF16);
    return all;
  }

  private static void add(
      List<ConformanceCase> all, int[] d, int @Nullable [] maskDims, Precision precision) {
    String variant =
        "B, H, S, T, D "
            + Arrays.toString(d)
            + (maskDims == null ? "" : " mask " + Arrays.toString(maskDims))
            + (precision == Precision.F32 ? "" : " in " + precision);
    // Weights are rounded after subtracting a maximum, which differs between devices.
    Tolerance tolerance = precision == Precision.F32 ? Tolerance.perTensor(16) : HALF;
    double scale = 1 / Math.sqrt(d[4]);
    all.add(
        new ConformanceCase(
            "attention",
            variant,
            tolerance,
            s -> {
              Operands t = operands(s, d, maskDims);
              var out = Attention.attention(t.q, t.k, t.v, t.mask, d[1], scale, precision);
              return List.of(out.out(), out.logSumExp());
            }));
    all.add(
        new ConformanceCase(
            "attentionGrad",
            variant,
            tolerance,
            s -> {
              Operands t = operands(s, d, maskDims);
              var out = Attention.attention(t.q, t.k, t.v, t.mask, d[1], scale, precision);
              Tensor grad = s.normal(d[0], d[2], (long) d[1] * d[4]);
              var g =
                  Attention.attentionGrad(t.q, t.k, t.v, t.mask, d[1], scale, out, grad, precision);
              return List.of(g.q(), g.k(), g.v());
            }));
  }

  private record Operands(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {}

  /** Queries, keys, values, and a mask (or null) that forbids a quarter of the keys. */
  private static Operands operands(Samples s, int[] d, int @Nullable [] maskDims) {
    long width = (long) d[1] * d[4];
    Tensor q = s.normal(d[0], d[2], width);
    Tensor k = s.normal(d[0], d[3], width);
    Tensor v = s.normal(d[0], d[3], width);
    Tensor mask = null;
    if (maskDims != null) {
      Tensor noise = s.normal(maskDims[0], maskDims[1], d[2], d[3]);
      Tensor low = Tensor.of(s.device(), new float[] {0.7f});
      mask = Elementwise.affine(Elementwise.binary(BinaryOp.GREATER, noise, low), -1e4, 0);
    }
    return new Operands(q, k, v, mask);
  }
}
