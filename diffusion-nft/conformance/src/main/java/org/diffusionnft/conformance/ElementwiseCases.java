package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/** Elementwise kernels. */
final class ElementwiseCases {
  private ElementwiseCases() {}

  private static final float[] SPECIALS = {
    0f,
    -0f,
    1f,
    -1f,
    0.5f,
    -0.5f,
    1e-3f,
    -1e-3f,
    1e-20f,
    -1e-20f,
    1e-38f,
    -1e-38f,
    20f,
    -20f,
    60f,
    -60f,
    88f,
    -88f,
    100f,
    -100f,
    103.9f,
    -103.9f,
    1e4f,
    -1e4f,
    1e30f,
    -1e30f,
    Float.MIN_VALUE,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN
  };

  private static final long[] SIZES = {0, 1, 7, 33, 1000, 70_001};

  static List<ConformanceCase> all() {
    List<ConformanceCase> all = new ArrayList<>();
    for (UnaryOp op : UnaryOp.values()) {
      unary(all, op, parameters(op));
    }
    unary(all, UnaryOp.POW, new double[] {2, 0});
    for (double power : new double[] {-1.5, -1, 0.5, 2.5}) {
      unary(all, UnaryOp.POW, new double[] {power, 0});
    }
    binary(all);
    conversions(all);
    fused(all);
    return all;
  }

  private static double[] parameters(UnaryOp op) {
    return switch (op) {
      case AFFINE -> new double[] {-1.7, 0.3};
      case POW -> new double[] {3, 0};
      case CLAMP -> new double[] {-0.5, 0.75};
      default -> new double[] {0, 0};
    };
  }

  private static void unary(List<ConformanceCase> all, UnaryOp op, double[] p) {
    String name = op.name().toLowerCase(java.util.Locale.ROOT);
    String suffix = op == UnaryOp.POW ? " to the " + p[0] : "";
    boolean positive =
        op == UnaryOp.LOG || op == UnaryOp.SQRT || op == UnaryOp.RSQRT || op == UnaryOp.POW;
    // Sums of terms that cancel (tails of GELU, slopes through zero) are accurate relative to the
    // size of the terms, which is about 1 here.
    Tolerance tolerance = new Tolerance(6, 0, 1e-6);
    for (long n : SIZES) {
      all.add(
          new ConformanceCase(
              "unary",
              name + suffix + " of " + n,
              tolerance,
              s -> {
                Tensor x = positive ? s.uniform(0.01, 30, n) : s.uniform(-12, 12, n);
                return List.of(Elementwise.unary(op, p[0], p[1], x));
              }));
      all.add(
          new ConformanceCase(
              "unaryGrad",
              name + suffix + " of " + n,
              tolerance,
              s -> {
                Tensor x = positive ? s.uniform(0.01, 30, n) : s.uniform(-12, 12, n);
                Tensor g = s.uniform(-1, 1, n);
                return List.of(Elementwise.unaryGrad(op, p[0], p[1], x, g));
              }));
    }
    all.add(
        new ConformanceCase(
            "unary",
            name + suffix + " of special values",
            tolerance,
            s -> {
              Tensor x = s.of(DType.F32, SPECIALS, SPECIALS.length);
              return List.of(Elementwise.unary(op, p[0], p[1], x));
            }));
    all.add(
        new ConformanceCase(
            "unary",
            name + suffix + " in place",
            tolerance,
            s -> {
              Tensor x = positive ? s.uniform(0.01, 30, 5, 37) : s.normal(5, 37);
              s.device().elementwise().unary(op, p[0], p[1], x, x);
              return List.of(x);
            }));
  }

  private static void binary(List<ConformanceCase> all) {
    long[][][] shapes = {
      {{}, {}},
      {{1}, {7}},
      {{70_001}, {70_001}},
      {{50, 400}, {}},
      {{}, {19}},
      {{45, 96}, {96}},
      {{96}, {6, 45, 96}},
      {{6, 45, 96}, {6, 1, 96}},
      {{6, 45, 96}, {6, 45, 1}},
      {{6, 45, 96}, {6, 1, 1}},
      {{6, 1, 96}, {1, 45, 1}},
      {{2, 3, 4, 5, 6}, {3, 1, 5, 1}},
      {{2, 0, 3}, {3}},
      {{300, 3}, {300, 1}},
    };
    for (BinaryOp op : BinaryOp.values()) {
      for (long[][] pair : shapes) {
        all.add(
            new ConformanceCase(
                "binary",
                op.name().toLowerCase(java.util.Locale.ROOT)
                    + " "
                    + Arrays.toString(pair[0])
                    + " "
                    + Arrays.toString(pair[1]),
                Tolerance.perElement(1),
                s -> List.of(Elementwise.binary(op, s.normal(pair[0]), rounded(s, op, pair[1])))));
      }
      int n = SPECIALS.length;
      all.add(
          new ConformanceCase(
              "binary",
              op.name().toLowerCase(java.util.Locale.ROOT) + " of all pairs of special values",
              Tolerance.perElement(1),
              s -> {
                Tensor x = s.of(DType.F32, SPECIALS, n, 1);
                Tensor y = s.of(DType.F32, SPECIALS, 1, n);
                return List.of(Elementwise.binary(op, x, y));
              }));
    }
    all.add(
        new ConformanceCase(
            "binary",
            "add in place [6, 45, 96] [6, 1, 96]",
            Tolerance.perElement(1),
            s -> {
              Tensor x = s.normal(6, 45, 96);
              Elementwise.addInPlace(x, s.normal(6, 1, 96));
              return List.of(x);
            }));
  }

  /** Operands of comparisons have few distinct values, so that some are equal. */
  private static Tensor rounded(Samples s, BinaryOp op, long[] dims) {
    Tensor t = s.normal(dims);
    return op == BinaryOp.EQUAL ? Elementwise.binary(BinaryOp.GREATER, t, t) : t;
  }

  private static void conversions(List<ConformanceCase> all) {
    DType[] types = {DType.F32, DType.BF16, DType.F16};
    for (DType from : types) {
      for (DType to : types) {
        for (long n : SIZES) {
          all.add(
              new ConformanceCase(
                  "convert",
                  from + " to " + to + " of " + n,
                  Tolerance.EXACT,
                  s -> List.of(Elementwise.convert(s.normal(from, n), to))));
        }
        all.add(
            new ConformanceCase(
                "convert",
                from + " to " + to + " of special values",
                Tolerance.EXACT,
                s -> List.of(Elementwise.convert(s.of(from, SPECIALS, SPECIALS.length), to))));
      }
      all.add(
          new ConformanceCase(
              "fill",
              from + " with 0.7",
              Tolerance.EXACT,
              s -> List.of(Tensor.full(s.device(), from, Shape.of(3, 67), 0.7))));
    }
    all.add(
        new ConformanceCase(
            "convert",
            "I64 to F32",
            Tolerance.EXACT,
            s -> List.of(Elementwise.convert(s.ids(1000, 77), DType.F32))));
  }

  private static void fused(List<ConformanceCase> all) {
    for (long n : SIZES) {
      all.add(
          new ConformanceCase(
              "select",
              "of " + n,
              Tolerance.EXACT,
              s -> {
                Tensor c = Elementwise.binary(BinaryOp.GREATER, s.normal(n), s.normal(n));
                return List.of(Elementwise.select(c, s.normal(n), s.normal(n)));
              }));
    }
    long[][] shapes = {{1, 1, 1}, {3, 7, 33}, {6, 45, 96}, {2, 300, 1536}, {2, 0, 5}};
    for (long[] d : shapes) {
      all.add(
          new ConformanceCase(
              "gatedAdd",
              Arrays.toString(d),
              new Tolerance(2, 0, 1e-6),
              s -> List.of(Elementwise.gatedAdd(s.normal(d), s.normal(d[0], d[2]), s.normal(d)))));
    }
  }
}
