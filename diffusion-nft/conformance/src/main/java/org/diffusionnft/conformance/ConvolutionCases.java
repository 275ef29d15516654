package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.ConvolutionKernels.Step;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.Convolutions;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.UnaryOp;

/** Convolutions of pictures. */
final class ConvolutionCases {
  private ConvolutionCases() {}

  private static final Tolerance TOLERANCE = Tolerance.perTensor(16);

  static List<ConformanceCase> all() {
    List<ConformanceCase> all = new ArrayList<>();
    pointwise(all);
    products(all);
    oneChannel(all);
    return all;
  }

  /** A sweep with the given padding, and as many windows as fit. */
  private static Sweep sweep(
      long[] x, int[] kernel, int stride, int dilation, int pad, int groups) {
    return sweep(x, kernel, new int[] {stride, stride, dilation, dilation, pad, pad}, groups);
  }

  /**
   * @param rest strides, dilations and padding, each along height and width
   */
  private static Sweep sweep(long[] x, int[] kernel, int[] rest, int groups) {
    long rows = x[2] + 2L * rest[4] - (long) rest[2] * (kernel[0] - 1) - 1;
    long columns = x[3] + 2L * rest[5] - (long) rest[3] * (kernel[1] - 1) - 1;
    return new Sweep(
        kernel[0],
        kernel[1],
        rest[0],
        rest[1],
        rest[2],
        rest[3],
        rest[4],
        rest[5],
        (int) Math.floorDiv(rows, (long) rest[0]) + 1,
        (int) Math.floorDiv(columns, (long) rest[1]) + 1,
        groups);
  }

  private static void pointwise(List<ConformanceCase> all) {
    int[] one = {1, 1};
    long[][] shapes = {
      {1, 16, 24, 40, 32}, {2, 5, 7, 9, 3}, {1, 96, 1, 1, 24}, {1, 300, 5, 13, 70}
    };
    for (long[] d : shapes) {
      long[] x = {d[0], d[1], d[2], d[3]};
      add(all, x, d[4], sweep(x, one, 1, 1, 0, 1), DType.F32, true, List.of());
    }
    long[] x = {1, 12, 30, 33};
    List<Step> swish = List.of(new Step(UnaryOp.HARD_SWISH, 0, 0), new Step(UnaryOp.AFFINE, 2, 1));
    add(all, x, 20, sweep(x, one, 1, 1, 0, 1), DType.F32, true, swish);
    add(all, x, 20, sweep(x, one, 2, 1, 0, 1), DType.F32, false, swish);
    add(all, x, 20, sweep(x, one, 1, 1, 1, 1), DType.F32, true, List.of());
    add(all, x, 20, sweep(x, one, 1, 1, 0, 4), DType.BF16, true, List.of());
  }

  /**
   * Windows of all kinds; widths that are multiples of a vector and others, and rows shorter than
   * one.
   */
  private static void products(List<ConformanceCase> all) {
    for (long width : new long[] {1, 5, 16, 33, 80}) {
      long[] x = {2, 6, 9, width};
      for (int stride = 1; stride <= 3; stride++) {
        add(all, x, 20, sweep(x, new int[] {3, 3}, stride, 1, 1, 1), DType.F32, true, List.of());
      }
      add(all, x, 20, sweep(x, new int[] {3, 3}, 1, 2, 2, 2), DType.F32, false, List.of());
    }
    long[] x = {1, 6, 11, 50};
    List<Step> relu = List.of(new Step(UnaryOp.RELU, 0, 0));
    add(all, x, 9, sweep(x, new int[] {1, 3}, 1, 1, 1, 1), DType.F16, true, relu);
    add(
        all,
        x,
        9,
        sweep(x, new int[] {5, 2}, new int[] {2, 1, 1, 3, 4, 0}, 3),
        DType.BF16,
        true,
        relu);
    add(all, x, 9, sweep(x, new int[] {4, 4}, 4, 1, 0, 1), DType.F32, true, List.of());
    long[] deep = {1, 70, 12, 20};
    add(all, deep, 130, sweep(deep, new int[] {3, 3}, 1, 1, 1, 1), DType.F32, true, List.of());
    add(all, deep, 300, sweep(deep, new int[] {3, 3}, 2, 1, 1, 1), DType.F32, false, List.of());
    // padding on one side only, and negative padding
    Sweep uneven = new Sweep(3, 3, 2, 2, 1, 1, 0, 0, 6, 25, 1);
    add(all, x, 9, uneven, DType.F32, true, List.of());
    Sweep inside = new Sweep(3, 3, 1, 1, 1, 1, -2, -3, 6, 40, 1);
    add(all, x, 9, inside, DType.F32, true, List.of());
    Sweep far = new Sweep(2, 2, 1, 1, 1, 1, 20, 70, 60, 200, 1);
    add(all, x, 9, far, DType.F32, true, List.of());
  }

  /** Filters of one channel each (depthwise). */
  private static void oneChannel(List<ConformanceCase> all) {
    for (int size : new int[] {2, 3, 5, 9}) {
      for (int stride = 1; stride <= 3; stride++) {
        long[] x = {2, 3, 14, 37};
        Sweep sweep = sweep(x, new int[] {size, size}, stride, 1, size / 2, 3);
        add(all, x, 3, sweep, DType.F32, size % 2 == 1, List.of());
      }
    }
    long[] x = {1, 4, 60, 130};
    List<Step> swish = List.of(new Step(UnaryOp.HARD_SWISH, 0, 0));
    add(all, x, 4, sweep(x, new int[] {3, 3}, 1, 1, 1, 4), DType.F32, true, swish);
    add(all, x, 8, sweep(x, new int[] {3, 3}, 1, 2, 2, 4), DType.BF16, true, swish);
    add(
        all,
        x,
        4,
        sweep(x, new int[] {5, 5}, new int[] {2, 1, 1, 2, 2, 4}, 4),
        DType.F32,
        true,
        swish);
    add(
        all,
        x,
        4,
        sweep(x, new int[] {5, 5}, new int[] {1, 2, 3, 1, 6, 2}, 4),
        DType.F16,
        false,
        swish);
    Sweep inside = new Sweep(3, 3, 1, 2, 1, 1, -2, -3, 50, 60, 4);
    add(all, x, 4, inside, DType.F32, true, List.of());
    Sweep far = new Sweep(2, 2, 1, 1, 1, 1, 20, 70, 90, 300, 4);
    add(all, x, 4, far, DType.F32, true, List.of());
    long[] single = {1, 1, 10, 20};
    add(all, single, 5, sweep(single, new int[] {3, 3}, 1, 1, 1, 1), DType.F32, true, List.of());
  }

  private static void add(
      List<ConformanceCase> all,
      long[] x,
      long filters,
      Sweep sweep,
      DType type,
      boolean biased,
      List<Step> then) {
    String variant =
        "%s by %d filters, %s%s%s %s"
            .formatted(
                List.of(x[0], x[1], x[2], x[3]), filters, sweep, biased ? " bias" : "", then, type);
    long[] weight = {filters, x[1] / sweep.groups(), sweep.kernelHeight(), sweep.kernelWidth()};
    all.add(
        new ConformanceCase(
            "convolve",
            variant,
            TOLERANCE,
            s ->
                List.of(
                    Convolutions.convolve(
                        s.normal(x),
                        s.normal(type, weight),
                        biased ? s.normal(type, filters) : null,
                        sweep,
                        then))));
  }
}
