package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/** Matrix products. */
final class MatrixCases {
  private MatrixCases() {}

  private static final Tolerance TOLERANCE = Tolerance.perTensor(8);

  static List<ConformanceCase> all() {
    List<ConformanceCase> all = new ArrayList<>();
    int[][] shapes = {
      {1, 1, 1},
      {1, 96, 96},
      {2, 33, 7},
      {3, 17, 1},
      {5, 4, 96},
      {7, 13, 33},
      {45, 45, 24},
      {96, 96, 700},
      {100, 32, 96},
      {100, 96, 32},
      {129, 131, 257},
      {64, 700, 513},
      {300, 4, 16},
      {8, 70, 1030},
      {256, 128, 48},
      {300, 530, 513},
      {0, 5, 3},
      {5, 3, 0},
    };
    for (int[] d : shapes) {
      for (boolean ta : new boolean[] {false, true}) {
        for (boolean tb : new boolean[] {false, true}) {
          Product product = new Product(ta, tb, 1, false, null, Precision.F32);
          add(all, d, product, DType.F32, DType.F32, false);
        }
      }
      add(all, d, Product.NT, DType.F32, DType.F32, true);
    }
    int[] odd = {61, 77, 300};
    for (DType a : new DType[] {DType.F32, DType.BF16, DType.F16}) {
      for (DType b : new DType[] {DType.F32, DType.BF16, DType.F16}) {
        for (boolean ta : new boolean[] {false, true}) {
          for (boolean tb : new boolean[] {false, true}) {
            add(all, odd, new Product(ta, tb, 1, false, null, Precision.F32), a, b, true);
          }
        }
        add(all, new int[] {2, 77, 300}, Product.NT, a, b, true);
      }
    }
    for (UnaryOp op : UnaryOp.values()) {
      if (op.ordinal() >= UnaryOp.TANH.ordinal()) {
        add(all, odd, Product.NT.scaled(0.05).activated(op), DType.F32, DType.F32, true);
      }
    }
    add(all, odd, Product.NT.scaled(-0.3), DType.F32, DType.F32, true);
    for (int[] d : new int[][] {odd, {96, 96, 700}, {64, 64, 16}, {1, 40, 40}}) {
      add(all, d, Product.NN.accumulating(), DType.F32, DType.F32, false);
      add(all, d, Product.TN.scaled(0.5).accumulating(), DType.F32, DType.F32, false);
      add(all, d, Product.NT.accumulating(), DType.F32, DType.BF16, true);
    }
    // With this many rows, half-precision weights may be converted to F32 beforehand instead of on
    // the fly.
    int[] tall = {130, 77, 300};
    for (DType b : new DType[] {DType.BF16, DType.F16}) {
      add(all, tall, Product.NT.scaled(0.05).activated(UnaryOp.GELU_TANH), DType.F32, b, true);
      add(all, tall, Product.TN.accumulating(), DType.F32, b, false);
      add(all, tall, Product.NN, b, b, true);
    }
    half(all);
    batched(all);
    return all;
  }

  /** Products in BF16: odd and even k, all tile edges, more than one step of k, long rows. */
  private static void half(List<ConformanceCase> all) {
    int[][] shapes = {
      {1, 1, 1},
      {5, 3, 2},
      {5, 40, 7},
      {14, 32, 64},
      {61, 77, 301},
      {130, 77, 900},
      {300, 20, 130},
      {45, 70, 384},
      {29, 300, 385},
      {600, 33, 16},
      {300, 530, 1030},
    };
    for (int[] d : shapes) {
      for (boolean ta : new boolean[] {false, true}) {
        for (boolean tb : new boolean[] {false, true}) {
          Product p = new Product(ta, tb, 1, false, null, Precision.BF16);
          add(all, d, p, DType.BF16, DType.BF16, false);
          add(all, d, p.scaled(0.5).accumulating(), DType.BF16, DType.BF16, true);
        }
      }
    }
    int[] odd = {61, 77, 300};
    Product activated = Product.NT.scaled(0.05).activated(UnaryOp.GELU_TANH).in(Precision.BF16);
    add(all, odd, activated, DType.BF16, DType.BF16, true);
  }

  private static void add(
      List<ConformanceCase> all, int[] d, Product p, DType a, DType b, boolean biased) {
    all.add(
        new ConformanceCase(
            "matmul",
            "%d x %d x %d %s%s %s %s%s%s%s%s%s"
                .formatted(
                    d[0],
                    d[1],
                    d[2],
                    p.transposeA() ? "T" : "N",
                    p.transposeB() ? "T" : "N",
                    a,
                    b,
                    biased ? " bias" : "",
                    p.scale() != 1 ? " scaled" : "",
                    p.accumulate() ? " accumulating" : "",
                    p.activation() != null ? " " + p.activation() : "",
                    p.precision() == Precision.F32 ? "" : " in " + p.precision()),
            // An activation may shrink numbers whose error stems from larger ones.
            p.activation() == null ? TOLERANCE : Tolerance.perTensor(16),
            s -> {
              Tensor x = p.transposeA() ? s.normal(a, d[2], d[0]) : s.normal(a, d[0], d[2]);
              Tensor y = p.transposeB() ? s.normal(b, d[1], d[2]) : s.normal(b, d[2], d[1]);
              Tensor bias = biased ? s.normal(b, d[1]) : null;
              Tensor out = s.normal(d[0], d[1]);
              s.device().matrices().matmul(x, y, bias, p, out);
              return List.of(out);
            }));
  }

  private static void batched(List<ConformanceCase> all) {
    for (boolean ta : new boolean[] {false, true}) {
      for (boolean tb : new boolean[] {false, true}) {
        Product p = new Product(ta, tb, 1, false, null, Precision.F32);
        String order = (ta ? "T" : "N") + (tb ? "T" : "N");
        all.add(
            new ConformanceCase(
                "matmul",
                "batches 3x4 of 45 x 47 x 24 " + order,
                TOLERANCE,
                s -> {
                  Tensor x = ta ? s.normal(3, 4, 24, 45) : s.normal(3, 4, 45, 24);
                  Tensor y = tb ? s.normal(3, 4, 47, 24) : s.normal(3, 4, 24, 47);
                  return List.of(Matrices.matmul(x, y, null, p));
                }));
        all.add(
            new ConformanceCase(
                "matmul",
                "batches 5 of 19 x 35 x 40 by one matrix " + order,
                TOLERANCE,
                s -> {
                  Tensor x = ta ? s.normal(5, 40, 19) : s.normal(5, 19, 40);
                  Tensor y = tb ? s.normal(35, 40) : s.normal(40, 35);
                  return List.of(Matrices.matmul(x, y, s.normal(35), p));
                }));
      }
    }
  }
}
