package org.diffusionnft.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/** Kernels that move elements. */
final class LayoutCases {
  private LayoutCases() {}

  static List<ConformanceCase> all() {
    List<ConformanceCase> all = new ArrayList<>();
    permute(all, new long[] {7, 33}, 1, 0);
    permute(all, new long[] {300, 1000}, 1, 0);
    permute(all, new long[] {6, 45, 4, 24}, 0, 2, 1, 3);
    permute(all, new long[] {2, 3, 4, 5, 6}, 4, 2, 0, 3, 1);
    permute(all, new long[] {2, 16, 4, 2, 4, 2}, 0, 2, 4, 3, 5, 1);
    permute(all, new long[] {3, 2, 2, 9, 37}, 0, 3, 1, 4, 2);
    permute(all, new long[] {2, 3, 5, 70}, 0, 2, 3, 1);
    permute(all, new long[] {5, 1, 7}, 1, 2, 0);
    permute(all, new long[] {0, 3}, 1, 0);
    slices(all);
    windows(all);
    halves(all, DType.BF16);
    halves(all, DType.F16);
    for (DType dtype : new DType[] {DType.F32, DType.BF16, DType.F16}) {
      exact(
          all,
          "gather",
          dtype + " [50, 33] by [4, 9]",
          s -> List.of(Layout.gather(s.normal(dtype, 50, 33), s.ids(50, 4, 9))));
    }
    all.add(
        new ConformanceCase(
            "scatterAdd",
            "[900, 130] into 40",
            Tolerance.perTensor(8),
            s -> List.of(Layout.scatterAdd(s.normal(900, 130), s.ids(40, 900), 40))));
    exact(
        all,
        "expand",
        "[6, 1, 96] to [6, 45, 96]",
        s -> List.of(Layout.expand(s.normal(6, 1, 96), Shape.of(6, 45, 96))));
    exact(
        all,
        "expand",
        "[45, 1] to [3, 45, 77]",
        s -> List.of(Layout.expand(s.normal(45, 1), Shape.of(3, 45, 77))));
    for (long times : new long[] {2, 3, 4}) {
      exact(
          all,
          "expand",
          "[7, 1, 45, 1] to [7, %1$d, 45, %1$d]".formatted(times),
          s -> List.of(Layout.expand(s.normal(7, 1, 45, 1), Shape.of(7, times, 45, times))));
    }
    exact(all, "expand", "[] to [3, 5]", s -> List.of(Layout.expand(s.normal(), Shape.of(3, 5))));
    return all;
  }

  private static void exact(
      List<ConformanceCase> all, String kernel, String variant, ConformanceCase.Body body) {
    all.add(new ConformanceCase(kernel, variant, Tolerance.EXACT, body));
  }

  private static void permute(List<ConformanceCase> all, long[] dims, int... order) {
    exact(
        all,
        "permute",
        Arrays.toString(dims) + " to " + Arrays.toString(order),
        s -> List.of(Layout.permute(s.normal(dims), order)));
  }

  private static void slices(List<ConformanceCase> all) {
    long[][] parts = {{0, 3, 45, 1}, {0, 0, 40, 3}, {1, 5, 30, 1}, {1, 1, 33, 2}, {1, 4, 4, 1}};
    for (long[] p : parts) {
      String variant = "axis %d, %d to %d by %d".formatted(p[0], p[1], p[2], p[3]);
      exact(
          all,
          "slice",
          variant,
          s -> List.of(Layout.slice(s.normal(45, 33, 5), (int) p[0], p[1], p[2], p[3])));
      exact(
          all,
          "place",
          variant,
          s -> {
            Tensor x = Layout.slice(s.normal(45, 33, 5), (int) p[0], p[1], p[2], p[3]);
            return List.of(Layout.unslice(x, Shape.of(45, 33, 5), (int) p[0], p[1], p[3]));
          });
    }
    exact(
        all,
        "place",
        "joining along axis 1",
        s ->
            List.of(
                Layout.concat(1, s.normal(6, 16, 96), s.normal(6, 29, 96), s.normal(6, 0, 96))));
    exact(
        all,
        "place",
        "joining along the last axis",
        s -> List.of(Layout.concat(-1, s.normal(6, 5, 7), s.normal(6, 5, 20))));
  }

  /** Elements of two bytes: rows of odd and even length, contiguous and with gaps. */
  private static void halves(List<ConformanceCase> all, DType dtype) {
    int[][] orders = {{1, 0, 2}, {2, 0, 1}};
    for (int[] order : orders) {
      exact(
          all,
          "permute",
          dtype + " [6, 45, 33] to " + Arrays.toString(order),
          s -> List.of(Layout.permute(s.normal(dtype, 6, 45, 33), order)));
    }
    long[][] parts = {{1, 3, 40, 1}, {2, 5, 30, 1}, {2, 1, 33, 2}};
    for (long[] p : parts) {
      exact(
          all,
          "slice",
          "%s, axis %d, %d to %d by %d".formatted(dtype, p[0], p[1], p[2], p[3]),
          s -> List.of(Layout.slice(s.normal(dtype, 6, 45, 33), (int) p[0], p[1], p[2], p[3])));
    }
    exact(
        all,
        "place",
        dtype + ", joining along axis 1",
        s -> List.of(Layout.concat(1, s.normal(dtype, 2, 16, 1536), s.normal(dtype, 2, 29, 1536))));
    exact(
        all,
        "place",
        dtype + ", joining along the last axis",
        s -> List.of(Layout.concat(-1, s.normal(dtype, 6, 5, 7), s.normal(dtype, 6, 5, 20))));
    exact(
        all,
        "expand",
        dtype + " [6, 1, 97] to [6, 45, 97]",
        s -> List.of(Layout.expand(s.normal(dtype, 6, 1, 97), Shape.of(6, 45, 97))));
    exact(
        all,
        "expand",
        dtype + " [45, 1] to [3, 45, 77]",
        s -> List.of(Layout.expand(s.normal(dtype, 45, 1), Shape.of(3, 45, 77))));
  }

  private static void windows(List<ConformanceCase> all) {
    Window[] windows = {
      new Window(1, 1, 1, 0, 0, 0, 0),
      new Window(3, 3, 1, 1, 1, 1, 1),
      new Window(3, 3, 2, 0, 0, 1, 1),
      new Window(2, 2, 2, 0, 0, 0, 0),
      new Window(5, 3, 3, 4, 2, 0, 3),
    };
    for (Window w : windows) {
      exact(all, "im2col", w.toString(), s -> List.of(Layout.im2col(s.normal(2, 3, 13, 10), w)));
      all.add(
          new ConformanceCase(
              "col2im",
              w.toString(),
              Tolerance.perTensor(2),
              s -> {
                Tensor columns =
                    s.normal(
                        2,
                        3L * w.kernelHeight() * w.kernelWidth(),
                        w.outHeight(13) * w.outWidth(10));
                return List.of(Layout.col2im(columns, w, Shape.of(2, 3, 13, 10)));
              }));
    }
  }
}
