package org.diffusionnft.onnx.operator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;

/** Sampling of pictures at computed positions, and boxes in pictures. */
final class Sampling {
  private static final double CUBIC = -0.75;

  private Sampling() {}

  static List<Row> rows() {
    return List.of(
        Row.one("GridSample", Sampling::gridSample),
        Row.one("AffineGrid", Sampling::affineGrid),
        Row.one("RoiAlign", Sampling::roiAlign),
        Row.one("NonMaxSuppression", Sampling::nonMaxSuppression));
  }

  private static NdArray gridSample(Call call) {
    NdArray x = call.in(0);
    NdArray grid = call.in(1);
    call.requireFloating(x);
    call.requireRank(x, 3, 8);
    call.requireRank(grid, x.rank(), x.rank());
    int axes = x.rank() - 2;
    call.require(
        grid.dim(-1) == axes && grid.dim(0) == x.dim(0),
        "samples %s at places %s".formatted(x, grid));
    String mode =
        call.choice("mode", "linear", "linear", "nearest", "cubic", "bilinear", "bicubic");
    String padding = call.choice("padding_mode", "zeros", "zeros", "border", "reflection");
    boolean corners = call.flag("align_corners", false);
    int[] size = Window.spatial(x);
    int area = Window.product(size);
    int points = Strided.product(grid.shape(), 1, grid.rank() - 1);
    long[] dims = x.shape().dims().clone();
    System.arraycopy(grid.shape().dims(), 1, dims, 2, axes);
    Shape to = call.shape(dims);
    call.require(area > 0 || to.elements() == 0, "samples an array without elements");
    double[] values = x.toDoubles();
    double[] places = grid.toDoubles();
    double[] out = new double[(int) to.elements()];
    int channels = x.dim(1);
    for (int n = 0; n < x.dim(0); n++) {
      for (int p = 0; p < points; p++) {
        int[][] index = new int[axes][];
        double[][] weights = new double[axes][];
        for (int a = 0; a < axes; a++) {
          double v = places[(n * points + p) * axes + axes - 1 - a];
          double at = corners ? (v + 1) / 2 * (size[a] - 1) : ((v + 1) * size[a] - 1) / 2;
          taps(at, size[a], mode, padding, corners, a, index, weights);
        }
        for (int c = 0; c < channels; c++) {
          int base = (n * channels + c) * area;
          out[(n * channels + c) * points + p] = tapped(values, base, size, index, weights, 0, 0);
        }
      }
    }
    return NdArray.ofDoubles(x.type(), to, out);
  }

  private static void taps(
      double place,
      int size,
      String mode,
      String padding,
      boolean corners,
      int axis,
      int[][] index,
      double[][] weights) {
    double low = corners ? 0 : -0.5;
    double high = corners ? size - 1 : size - 0.5;
    double at = mode.equals("nearest") ? Math.rint(place) : place;
    if (at < low || at > high) {
      at =
          switch (padding) {
            case "border" -> Unary.clamp(at, 0, size - 1);
            case "reflection" -> reflected(at, low, high);
            default -> at;
          };
    }
    double floor = Math.floor(at);
    double ratio = at - floor;
    double[] own =
        switch (mode) {
          case "nearest" -> new double[] {1};
          case "linear", "bilinear" -> new double[] {1 - ratio, ratio};
          default ->
              new double[] {
                Resizing.keys(ratio + 1, CUBIC),
                Resizing.keys(ratio, CUBIC),
                Resizing.keys(1 - ratio, CUBIC),
                Resizing.keys(2 - ratio, CUBIC)
              };
        };
    index[axis] = new int[own.length];
    weights[axis] = own;
    for (int k = 0; k < own.length; k++) {
      double i = floor + k - (own.length == 4 ? 1 : 0);
      double inside =
          switch (padding) {
            case "border" -> Unary.clamp(i, 0, size - 1);
            case "reflection" -> (int) reflected(i, low, high);
            default -> i >= 0 && i < size ? i : -1;
          };
      index[axis][k] = (int) Unary.clamp(inside, -1, size - 1);
    }
  }

  private static double reflected(double x, double low, double high) {
    double range = high - low;
    if (range <= 0 || !Double.isFinite(x)) {
      return Math.max(0, low);
    }
    double outside = x < low ? low - x : x > high ? x - high : 0;
    if (outside == 0) {
      return x;
    }
    double turns = Math.floor(outside / range);
    double rest = outside - turns * range;
    boolean even = turns % 2 == 0;
    return (x < low) == even ? low + rest : high - rest;
  }

  private static double tapped(
      double[] values, int base, int[] size, int[][] index, double[][] weights, int axis, int at) {
    if (axis == size.length) {
      return values[base + at];
    }
    double sum = 0;
    for (int k = 0; k < index[axis].length; k++) {
      int i = index[axis][k];
      if (i >= 0 && weights[axis][k] != 0) {
        sum +=
            weights[axis][k]
                * tapped(values, base, size, index, weights, axis + 1, at * size[axis] + i);
      }
    }
    return sum;
  }

  private static NdArray affineGrid(Call call) {
    NdArray theta = call.in(0);
    long[] size = call.longs(1);
    boolean corners = call.flag("align_corners", false);
    int axes = size.length - 2;
    call.requireRank(theta, 3, 3);
    call.require(
        (axes == 2 || axes == 3)
            && theta.dim(0) == size[0]
            && theta.dim(1) == axes
            && theta.dim(2) == axes + 1,
        "makes a grid of %d axes by %s".formatted(axes, theta));
    long[] dims = new long[axes + 2];
    dims[0] = size[0];
    System.arraycopy(size, 2, dims, 1, axes);
    dims[axes + 1] = axes;
    Shape to = call.shape(dims);
    double[] t = theta.toDoubles();
    double[] out = new double[(int) to.elements()];
    int[] spatial = new int[axes];
    for (int a = 0; a < axes; a++) {
      spatial[a] = (int) size[a + 2];
    }
    int points = Window.product(spatial);
    for (int n = 0; n < size[0]; n++) {
      int[] position = new int[axes];
      for (int p = 0; p < points; p++) {
        for (int row = 0; row < axes; row++) {
          double sum = t[(n * axes + row) * (axes + 1) + axes];
          for (int a = 0; a < axes; a++) {
            int s = spatial[axes - 1 - a];
            int i = position[axes - 1 - a];
            double v = corners ? -1 + 2.0 * i / (s - 1) : (2.0 * i + 1) / s - 1;
            sum += t[(n * axes + row) * (axes + 1) + a] * v;
          }
          out[(n * points + p) * axes + row] = sum;
        }
        Window.next(position, spatial);
      }
    }
    return NdArray.ofDoubles(theta.type(), to, out);
  }

  private static NdArray roiAlign(Call call) {
    NdArray x = call.in(0);
    NdArray rois = call.in(1);
    long[] batch = call.longs(2);
    call.requireRank(x, 4, 4);
    call.requireRank(rois, 2, 2);
    call.require(
        rois.dim(1) == 4 && batch.length == rois.dim(0),
        "needs four numbers and a batch for each box");
    boolean max = call.choice("mode", "avg", "avg", "max").equals("max");
    // before operator set 16, positions were not shifted by half a pixel
    String shift = call.opset() < 16 ? "output_half_pixel" : "half_pixel";
    boolean half =
        call.choice("coordinate_transformation_mode", shift, "half_pixel", "output_half_pixel")
            .equals("half_pixel");
    int height = call.toInt(call.integer("output_height", 1), "an output_height of");
    int width = call.toInt(call.integer("output_width", 1), "an output_width of");
    int ratio = call.toInt(call.integer("sampling_ratio", 0), "a sampling_ratio of");
    double scale = call.number("spatial_scale", 1);
    Shape to = call.shape(rois.dim(0), x.dim(1), height, width);
    double[] values = x.toDoubles();
    double[] boxes = rois.toDoubles();
    double[] out = new double[(int) to.elements()];
    for (int r = 0; r < rois.dim(0); r++) {
      call.require(batch[r] >= 0 && batch[r] < x.dim(0), "has a box of batch " + batch[r]);
      double[] box = new double[4];
      for (int i = 0; i < 4; i++) {
        box[i] = boxes[r * 4 + i] * scale - (half ? 0.5 : 0);
      }
      double w = half ? box[2] - box[0] : Math.max(1, box[2] - box[0]);
      double h = half ? box[3] - box[1] : Math.max(1, box[3] - box[1]);
      int gridY = ratio > 0 ? ratio : (int) Math.ceil(h / height);
      int gridX = ratio > 0 ? ratio : (int) Math.ceil(w / width);
      call.require(
          (long) gridX * gridY < 1 << 20, "has a box of %s by %s elements".formatted(w, h));
      for (int c = 0; c < x.dim(1); c++) {
        int base = ((int) batch[r] * x.dim(1) + c) * x.dim(2) * x.dim(3);
        for (int p = 0; p < height * width; p++) {
          double sum = 0;
          double best = Double.NEGATIVE_INFINITY;
          for (int iy = 0; iy < gridY; iy++) {
            int row = p / width;
            double y = box[1] + h / height * (row + (iy + 0.5) / gridY);
            for (int ix = 0; ix < gridX; ix++) {
              double at = box[0] + w / width * (p % width + (ix + 0.5) / gridX);
              double[] four = corners(values, base, x.dim(2), x.dim(3), y, at);
              for (double v : four) {
                sum += v;
                best = Math.max(best, v);
              }
            }
          }
          double average = sum / Math.max(1, gridX * gridY);
          out[(r * x.dim(1) + c) * height * width + p] =
              max ? (gridX * gridY > 0 ? best : 0) : average;
        }
      }
    }
    return NdArray.ofDoubles(x.type(), to, out);
  }

  /** The four neighbours of a position, each times its weight. */
  private static double[] corners(
      double[] values, int base, int height, int width, double y, double x) {
    if (y < -1 || y > height || x < -1 || x > width) {
      return new double[4];
    }
    double v = Unary.clamp(y, 0, height - 1);
    double u = Unary.clamp(x, 0, width - 1);
    int top = (int) v;
    int left = (int) u;
    int bottom = Math.min(top + 1, height - 1);
    int right = Math.min(left + 1, width - 1);
    double fy = v - top;
    double fx = u - left;
    return new double[] {
      (1 - fy) * (1 - fx) * values[base + top * width + left],
      (1 - fy) * fx * values[base + top * width + right],
      fy * (1 - fx) * values[base + bottom * width + left],
      fy * fx * values[base + bottom * width + right]
    };
  }

  private static NdArray nonMaxSuppression(Call call) {
    NdArray boxes = call.in(0);
    NdArray scores = call.in(1);
    call.requireRank(boxes, 3, 3);
    call.requireRank(scores, 3, 3);
    int count = boxes.dim(1);
    call.require(
        boxes.dim(2) == 4 && scores.dim(2) == count && scores.dim(0) == boxes.dim(0),
        "has boxes %s and scores %s".formatted(boxes, scores));
    long most = call.has(2) ? (long) call.scalar(2) : 0;
    double overlap = call.has(3) ? call.scalar(3) : 0;
    double least = call.has(4) ? call.scalar(4) : Double.NEGATIVE_INFINITY;
    boolean center = call.flag("center_point_box", false);
    double[] b = boxes.toDoubles();
    double[] s = scores.toDoubles();
    List<Long> found = new ArrayList<>();
    for (int n = 0; n < boxes.dim(0); n++) {
      for (int c = 0; c < scores.dim(1); c++) {
        int row = (n * scores.dim(1) + c) * count;
        List<Integer> order =
            IntStream.range(0, count)
                .filter(i -> s[row + i] > least)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -s[row + i]).thenComparing(i -> i))
                .toList();
        List<Integer> kept = new ArrayList<>();
        for (int candidate : order) {
          if (kept.size() >= most) {
            break;
          }
          int offset = n * count * 4;
          if (kept.stream()
              .noneMatch(
                  k -> overlap(b, offset + candidate * 4, offset + k * 4, center) > overlap)) {
            kept.add(candidate);
            found.addAll(List.of((long) n, (long) c, (long) candidate));
          }
        }
      }
    }
    long[] out = found.stream().mapToLong(Long::longValue).toArray();
    return NdArray.of(ElementType.INT64, Shape.of(out.length / 3, 3), out);
  }

  /** Intersection over union. */
  private static double overlap(double[] b, int i, int j, boolean center) {
    double[] p = edges(b, i, center);
    double[] q = edges(b, j, center);
    double w = Math.min(p[2], q[2]) - Math.max(p[0], q[0]);
    double h = Math.min(p[3], q[3]) - Math.max(p[1], q[1]);
    if (w <= 0 || h <= 0) {
      return 0;
    }
    double union = (p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1]) - w * h;
    return union <= 0 ? 0 : w * h / union;
  }

  private static double[] edges(double[] b, int i, boolean center) {
    if (center) {
      return new double[] {
        b[i] - b[i + 2] / 2, b[i + 1] - b[i + 3] / 2, b[i] + b[i + 2] / 2, b[i + 1] + b[i + 3] / 2
      };
    }
    return new double[] {
      Math.min(b[i], b[i + 2]),
      Math.min(b[i + 1], b[i + 3]),
      Math.max(b[i], b[i + 2]),
      Math.max(b[i + 1], b[i + 3])
    };
  }
}
