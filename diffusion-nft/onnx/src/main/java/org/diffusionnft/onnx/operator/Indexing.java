package org.diffusionnft.onnx.operator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.SmallFloats;

/** Gather and scatter: elements read from or written to indices in other arrays. */
final class Indexing {
  private Indexing() {}

  static List<Row> rows() {
    return List.of(
        Row.one("Gather", Indexing::gather),
        Row.one("GatherElements", Indexing::gatherElements),
        Row.one("GatherND", Indexing::gatherNd),
        Row.one("Scatter", Indexing::scatterElements),
        Row.one("ScatterElements", Indexing::scatterElements),
        Row.one("ScatterND", Indexing::scatterNd),
        Row.one("TensorScatter", Indexing::tensorScatter),
        Row.one("Compress", Indexing::compress),
        Row.one("NonZero", Indexing::nonZero),
        Row.of("Unique", Indexing::unique));
  }

  private static int place(Call call, long index, int size) {
    long at = index < 0 ? index + size : index;
    if (at < 0 || at >= size) {
      throw call.wrong("has index %d where there are %d entries".formatted(index, size));
    }
    return (int) at;
  }

  private static NdArray gather(Call call) {
    NdArray x = call.in(0);
    int axis = call.axis("axis", 0, x.rank());
    NdArray indices = call.in(1);
    long[] wanted = call.longs(1);
    long[] dims = new long[x.rank() - 1 + indices.rank()];
    System.arraycopy(x.shape().dims(), 0, dims, 0, axis);
    System.arraycopy(indices.shape().dims(), 0, dims, axis, indices.rank());
    System.arraycopy(x.shape().dims(), axis + 1, dims, axis + indices.rank(), x.rank() - axis - 1);
    Shape to = call.shape(dims);
    int outer = Strided.product(x.shape(), 0, axis);
    int inner = Strided.product(x.shape(), axis + 1, x.rank());
    int size = x.dim(axis);
    Object out = NdArray.allocate(x.type(), (int) to.elements());
    Object from = x.data();
    int at = 0;
    for (int i = 0; i < outer; i++) {
      for (long index : wanted) {
        System.arraycopy(from, (i * size + place(call, index, size)) * inner, out, at, inner);
        at += inner;
      }
    }
    return NdArray.of(x.type(), to, out);
  }

  /** The flat index in an array for each element of an array of indices along an axis. */
  private static int[] along(Call call, Shape shape, int axis, NdArray indices) {
    call.require(
        indices.rank() == shape.rank(), "has indices " + indices + " for a tensor of " + shape);
    long[] strides = shape.strides();
    long[] others = strides.clone();
    others[axis] = 0;
    for (int i = 0; i < shape.rank(); i++) {
      call.require(
          i == axis || indices.dim(i) <= shape.dim(i),
          "has indices " + indices + " for a tensor of " + shape);
    }
    int[] places = Strided.places(indices.shape(), others, 0);
    long[] wanted = indices.longs();
    for (int i = 0; i < places.length; i++) {
      places[i] += place(call, wanted[i], shape.intDim(axis)) * (int) strides[axis];
    }
    return places;
  }

  private static NdArray gatherElements(Call call) {
    NdArray x = call.in(0);
    call.longs(1);
    NdArray indices = call.in(1);
    int axis = call.axis("axis", 0, x.rank());
    return x.take(indices.shape(), along(call, x.shape(), axis, indices));
  }

  /** The start of the slice for each row of indices. */
  private static int[] slices(Call call, Shape shape, NdArray indices, int batchDims) {
    int width = indices.dim(-1);
    call.require(batchDims + width <= shape.rank(), "has " + indices + " for a tensor of " + shape);
    for (int i = 0; i < batchDims; i++) {
      call.require(indices.dim(i) == shape.dim(i), "has batches of different sizes");
    }
    long[] strides = shape.strides();
    int rows = width == 0 ? 0 : indices.count() / width;
    int batches = Strided.product(shape, 0, batchDims);
    int batchSize = Strided.product(shape, batchDims, shape.rank());
    int[] starts = new int[rows];
    long[] wanted = indices.longs();
    for (int i = 0; i < rows; i++) {
      int at = batches == 0 ? 0 : i / Math.max(1, rows / batches) * batchSize;
      for (int j = 0; j < width; j++) {
        int axis = batchDims + j;
        at += place(call, wanted[i * width + j], shape.intDim(axis)) * (int) strides[axis];
      }
      starts[i] = at;
    }
    return starts;
  }

  private static NdArray gatherNd(Call call) {
    NdArray x = call.in(0);
    call.longs(1);
    NdArray indices = call.in(1);
    call.requireRank(indices, 1, Integer.MAX_VALUE);
    int batchDims = (int) call.integer("batch_dims", 0);
    call.require(
        batchDims >= 0 && batchDims < Math.min(x.rank(), indices.rank()),
        "has batch_dims " + batchDims);
    int[] starts = slices(call, x.shape(), indices, batchDims);
    int head = batchDims + indices.dim(-1);
    int run = Strided.product(x.shape(), head, x.rank());
    long[] tail = Arrays.copyOfRange(x.shape().dims(), head, x.rank());
    Shape to = call.shape(indices.shape().withTail(1, tail).dims());
    Object out = NdArray.allocate(x.type(), (int) to.elements());
    for (int i = 0; i < starts.length; i++) {
      System.arraycopy(x.data(), starts[i], out, i * run, run);
    }
    return NdArray.of(x.type(), to, out);
  }

  private static NdArray scatterElements(Call call) {
    NdArray x = call.in(0);
    call.longs(1);
    NdArray indices = call.in(1);
    NdArray updates = call.in(2);
    call.sameType(List.of(x, updates));
    call.require(updates.shape().equals(indices.shape()), "needs an update for each index");
    int axis = call.axis("axis", 0, x.rank());
    return scattered(call, x, along(call, x.shape(), axis, indices), updates);
  }

  private static NdArray scatterNd(Call call) {
    NdArray x = call.in(0);
    call.longs(1);
    NdArray indices = call.in(1);
    NdArray updates = call.in(2);
    call.requireRank(indices, 1, Integer.MAX_VALUE);
    call.sameType(List.of(x, updates));
    int[] starts = slices(call, x.shape(), indices, 0);
    int run = Strided.product(x.shape(), indices.dim(-1), x.rank());
    call.require(
        updates.count() == starts.length * run, "has %s for %s".formatted(updates, indices));
    int[] places = new int[starts.length * run];
    for (int i = 0; i < places.length; i++) {
      places[i] = starts[i / run] + i % run;
    }
    return scattered(call, x, places, updates);
  }

  private static NdArray scattered(Call call, NdArray x, int[] places, NdArray updates) {
    String reduction = call.choice("reduction", "none", "none", "add", "mul", "max", "min");
    Object out = copy(x);
    Object from = updates.data();
    if (reduction.equals("none")) {
      for (int i = 0; i < places.length; i++) {
        System.arraycopy(from, i, out, places[i], 1);
      }
      return NdArray.of(x.type(), x.shape(), out);
    }
    DoubleBinaryOperator function =
        switch (reduction) {
          case "add" -> Double::sum;
          case "mul" -> (a, b) -> a * b;
          case "max" -> Math::max;
          default -> Math::min;
        };
    LongBinaryOperator whole =
        switch (reduction) {
          case "add" -> Long::sum;
          case "mul" -> (a, b) -> a * b;
          case "max" -> Math::max;
          default -> Math::min;
        };
    for (int i = 0; i < places.length; i++) {
      int p = places[i];
      switch (x.type().kind()) {
        case FLOATS -> {
          float[] to = (float[]) out;
          float sum = (float) function.applyAsDouble(to[p], updates.floats()[i]);
          to[p] = SmallFloats.round(x.type(), sum);
        }
        case DOUBLES -> {
          double[] to = (double[]) out;
          to[p] = function.applyAsDouble(to[p], updates.doubles()[i]);
        }
        case SIGNED, UNSIGNED -> {
          long[] to = (long[]) out;
          to[p] = Integers.wrap(x.type(), whole.applyAsLong(to[p], updates.longs()[i]));
        }
        case STRINGS -> throw call.wrong("reduces texts");
      }
    }
    return NdArray.of(x.type(), x.shape(), out);
  }

  /** A copy of an array's elements. */
  static Object copy(NdArray x) {
    Object out = NdArray.allocate(x.type(), x.count());
    System.arraycopy(x.data(), 0, out, 0, x.count());
    return out;
  }

  /** Overwrites rows of a cache from an index per batch on. */
  private static NdArray tensorScatter(Call call) {
    NdArray cache = call.in(0);
    NdArray update = call.in(1);
    call.sameType(List.of(cache, update));
    boolean circular = call.choice("mode", "linear", "linear", "circular").equals("circular");
    call.requireRank(cache, 2, Integer.MAX_VALUE);
    int axis = call.axis("axis", -2, cache.rank());
    call.require(
        axis > 0 && update.shape().with(axis, 0).equals(cache.shape().with(axis, 0)),
        "writes %s into %s".formatted(update, cache));
    int batch = cache.dim(0);
    long[] starts = call.has(2) ? call.longs(2) : new long[batch];
    call.require(starts.length == batch, "needs a place for each batch");
    int length = update.dim(axis);
    int most = cache.dim(axis);
    int inner = Strided.product(cache.shape(), axis + 1, cache.rank());
    int outer = Strided.product(cache.shape(), 1, axis);
    Object out = copy(cache);
    for (int b = 0; b < batch; b++) {
      for (int o = 0; o < outer; o++) {
        for (int i = 0; i < length; i++) {
          long row = starts[b] + i;
          call.require(row >= 0 && (circular || row < most), "writes behind the end of its cache");
          int from = ((b * outer + o) * length + i) * inner;
          int to = ((b * outer + o) * most + (int) (row % most)) * inner;
          System.arraycopy(update.data(), from, out, to, inner);
        }
      }
    }
    return NdArray.of(cache.type(), cache.shape(), out);
  }

  private static NdArray compress(Call call) {
    NdArray x = call.in(0);
    long[] condition = call.longs(1);
    boolean flat = !call.hasAttribute("axis");
    NdArray rows = flat ? x.reshape(Shape.of(x.count())) : x;
    int axis = flat ? 0 : call.axis("axis", 0, x.rank());
    List<Integer> chosen = new ArrayList<>();
    for (int i = 0; i < Math.min(condition.length, rows.dim(axis)); i++) {
      if (condition[i] != 0) {
        chosen.add(i);
      }
    }
    return pick(rows, axis, chosen.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Selects entries of an axis, in this order. */
  static NdArray pick(NdArray x, int axis, int[] entries) {
    Shape to = x.shape().with(axis, entries.length);
    int inner = Strided.product(x.shape(), axis + 1, x.rank());
    int size = x.dim(axis);
    int[] index = new int[(int) to.elements()];
    for (int i = 0; i < index.length; i++) {
      int outer = i / inner / entries.length;
      index[i] = (outer * size + entries[i / inner % entries.length]) * inner + i % inner;
    }
    return x.take(to, index);
  }

  private static NdArray nonZero(Call call) {
    NdArray x = call.in(0);
    double[] values = x.toDoubles();
    int[] found = IntStream.range(0, values.length).filter(i -> values[i] != 0).toArray();
    long[] strides = x.shape().strides();
    long[] out = new long[x.rank() * found.length];
    for (int axis = 0; axis < x.rank(); axis++) {
      for (int i = 0; i < found.length; i++) {
        out[axis * found.length + i] = found[i] / strides[axis] % x.dim(axis);
      }
    }
    return NdArray.of(ElementType.INT64, Shape.of(x.rank(), found.length), out);
  }

  private static List<Value> unique(Call call) {
    NdArray x = call.in(0);
    boolean flat = !call.hasAttribute("axis");
    boolean sorted = call.flag("sorted", true);
    NdArray rows = flat ? x.reshape(Shape.of(x.count())) : x;
    int axis = flat ? 0 : call.axis("axis", 0, x.rank());
    double[] values = rows.toDoubles();
    int size = rows.dim(axis);
    int inner = Strided.product(rows.shape(), axis + 1, rows.rank());
    int outer = Strided.product(rows.shape(), 0, axis);
    Comparator<Integer> order =
        (a, b) -> {
          for (int o = 0; o < outer; o++) {
            for (int i = 0; i < inner; i++) {
              int c =
                  Double.compare(
                      values[(o * size + a) * inner + i], values[(o * size + b) * inner + i]);
              if (c != 0) {
                return c;
              }
            }
          }
          return 0;
        };
    TreeMap<Integer, Integer> groups = new TreeMap<>(order);
    int[] first = new int[size];
    for (int i = 0; i < size; i++) {
      first[i] = groups.computeIfAbsent(i, k -> k);
    }
    int[] kept = groups.values().stream().mapToInt(Integer::intValue).toArray();
    if (!sorted) {
      Arrays.sort(kept);
    }
    int[] number = new int[size];
    for (int i = 0; i < kept.length; i++) {
      number[kept[i]] = i;
    }
    long[] inverse = new long[size];
    long[] counts = new long[kept.length];
    for (int i = 0; i < size; i++) {
      inverse[i] = number[first[i]];
      counts[(int) inverse[i]]++;
    }
    return List.of(
        pick(rows, axis, kept),
        NdArray.longs(Arrays.stream(kept).asLongStream().toArray()),
        NdArray.longs(inverse),
        NdArray.longs(counts));
  }
}
