package org.diffusionnft.onnx.operator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;

/** Operators that change only the shape or order of elements. */
final class Shaping {
  private Shaping() {}

  static List<Row> rows() {
    return List.of(
        Row.one("Shape", Shaping::shape),
        Row.one(
            "Size", c -> NdArray.of(ElementType.INT64, Shape.of(), new long[] {c.in(0).count()})),
        Row.one("Reshape", Shaping::reshape),
        Row.one("Flatten", Shaping::flatten),
        Row.one("Squeeze", Shaping::squeeze),
        Row.one("Unsqueeze", Shaping::unsqueeze),
        Row.one("Transpose", c -> transpose(c, c.in(0), permutation(c))),
        Row.one("Expand", Shaping::expand),
        Row.one("Tile", Shaping::tile),
        Row.one("Concat", c -> concat(c, c.all(), c.axis("axis", 1, c.in(0).rank()))),
        Row.of("Split", c -> List.copyOf(split(c))),
        Row.one("Slice", Shaping::slice),
        Row.one("Pad", Padding::pad),
        Row.one("DepthToSpace", call -> Blocks.of(call).fromDepth()),
        Row.one("SpaceToDepth", call -> Blocks.of(call).toDepth()),
        Row.one("CenterCropPad", Padding::centerCropPad),
        Row.one("ReverseSequence", Shaping::reverseSequence));
  }

  private static NdArray shape(Call call) {
    long[] dims = call.in(0).shape().dims();
    int start = bounded(call.integer("start", 0), dims.length);
    int end = bounded(call.integer("end", dims.length), dims.length);
    return NdArray.longs(Arrays.copyOfRange(dims, start, Math.max(start, end)));
  }

  private static int bounded(long at, int rank) {
    long a = at < 0 ? at + rank : at;
    return (int) Math.max(0, Math.min(a, rank));
  }

  private static NdArray reshape(Call call) {
    NdArray x = call.in(0);
    long[] wanted = call.required("shape", 1);
    long[] dims = wanted.clone();
    int open = -1;
    long known = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == 0 && !call.flag("allowzero", false)) {
        call.require(i < x.rank(), "keeps dimension %d of %s, which has none".formatted(i, x));
        dims[i] = x.dim(i);
      }
      if (dims[i] == -1) {
        call.require(open < 0, "leaves two dimensions open: " + Arrays.toString(wanted));
        open = i;
      } else {
        known = call.shape(dims[i], known).elements();
      }
    }
    if (open >= 0) {
      call.require(
          known != 0 && x.count() % known == 0,
          "cannot reshape %s to %s".formatted(x, Arrays.toString(wanted)));
      dims[open] = x.count() / known;
    }
    Shape to = call.shape(dims);
    call.require(
        to.elements() == x.count(),
        "cannot reshape %s to %s".formatted(x, Arrays.toString(wanted)));
    return x.reshape(to);
  }

  private static NdArray flatten(Call call) {
    NdArray x = call.in(0);
    long axis = call.integer("axis", 1);
    int a = (int) (axis < 0 ? axis + x.rank() : axis);
    call.require(a >= 0 && a <= x.rank(), "flattens %s at axis %d".formatted(x, axis));
    return x.reshape(
        Shape.of(Strided.product(x.shape(), 0, a), Strided.product(x.shape(), a, x.rank())));
  }

  private static NdArray squeeze(Call call) {
    NdArray x = call.in(0);
    long[] given = call.integers("axes", 1);
    int[] axes =
        given == null
            ? IntStream.range(0, x.rank()).filter(i -> x.dim(i) == 1).toArray()
            : call.axes(given, x.rank());
    Shape to = x.shape();
    for (int i = axes.length - 1; i >= 0; i--) {
      call.require(
          to.dim(axes[i]) == 1, "drops axis %d of %s, which is not 1".formatted(axes[i], x));
      to = Strided.without(to, axes[i]);
    }
    return x.reshape(to);
  }

  private static NdArray unsqueeze(Call call) {
    NdArray x = call.in(0);
    long[] given = call.required("axes", 1);
    Shape to = x.shape();
    for (int axis : call.axes(given, x.rank() + given.length)) {
      to = Strided.inserted(to, axis, 1);
    }
    return x.reshape(to);
  }

  private static int[] permutation(Call call) {
    int rank = call.in(0).rank();
    long[] given = call.integers("perm");
    int[] permutation = new int[rank];
    boolean[] seen = new boolean[rank];
    call.require(
        given == null || given.length == rank, "needs as many axes in 'perm' as its input has");
    for (int i = 0; i < rank; i++) {
      permutation[i] = given == null ? rank - 1 - i : call.axis(given[i], rank);
      call.require(!seen[permutation[i]], "names an axis twice in 'perm'");
      seen[permutation[i]] = true;
    }
    return permutation;
  }

  static NdArray transpose(Call call, NdArray x, int... permutation) {
    if (x.type() == ElementType.FLOAT && x.isOnDevice() && x.count() > 0 && x.rank() > 0) {
      return NdArray.of(Layout.permute(x.tensor(call.device()), permutation));
    }
    long[] own = x.shape().strides();
    long[] dims = new long[permutation.length];
    long[] strides = new long[permutation.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = x.dim(permutation[i]);
      strides[i] = own[permutation[i]];
    }
    Shape to = Shape.of(dims);
    return x.take(to, Strided.places(to, strides, 0));
  }

  private static NdArray expand(Call call) {
    NdArray x = call.in(0);
    Shape to = call.broadcast(x.shape(), call.shape(call.longs(1)));
    return broadcast(x, to);
  }

  /** Broadcasts an array to a shape. */
  static NdArray broadcast(NdArray x, Shape to) {
    return x.shape().equals(to) ? x : x.take(to, Strided.broadcast(x.shape(), to));
  }

  private static NdArray tile(Call call) {
    NdArray x = call.in(0);
    long[] repeats = call.longs(1);
    call.require(repeats.length == x.rank(), "needs a number of repeats for each axis of " + x);
    long[] dims = new long[x.rank()];
    for (int i = 0; i < dims.length; i++) {
      call.require(repeats[i] >= 0, "repeats an axis " + repeats[i] + " times");
      dims[i] = call.shape(x.dim(i), repeats[i]).elements();
    }
    Shape to = call.shape(dims);
    NdArray result = x;
    for (int axis = 0; axis < dims.length; axis++) {
      if (repeats[axis] != 1) {
        Shape wide = result.shape().with(axis, dims[axis]);
        int inner = Strided.product(result.shape(), axis, result.rank());
        int copies = (int) repeats[axis];
        int[] index = new int[(int) wide.elements()];
        for (int i = 0; i < index.length; i++) {
          index[i] = i / (inner * copies) * inner + i % inner;
        }
        result = result.take(wide, index);
      }
    }
    return result.reshape(to);
  }

  /** Whether the elements are an F32 tensor on the device. */
  private static boolean isTensor(NdArray x) {
    return x.type() == ElementType.FLOAT && x.isOnDevice() && x.count() > 0;
  }

  /** Concatenates arrays along an axis. */
  static NdArray concat(Call call, List<NdArray> parts, int axis) {
    ElementType type = call.sameType(parts);
    Shape first = parts.getFirst().shape();
    long size = 0;
    for (NdArray part : parts) {
      call.require(
          part.rank() == first.rank() && part.shape().with(axis, 0).equals(first.with(axis, 0)),
          "joins %s and %s along axis %d".formatted(parts.getFirst(), part, axis));
      size += part.dim(axis);
    }
    Shape to = call.shape(first.with(axis, size).dims());
    if (parts.stream().allMatch(Shaping::isTensor)) {
      Tensor[] tensors =
          parts.stream().map(part -> part.tensor(call.device())).toArray(Tensor[]::new);
      return NdArray.of(Layout.concat(axis, tensors));
    }
    int outer = Strided.product(to, 0, axis);
    int width = Strided.product(to, axis, to.rank());
    Object out = NdArray.allocate(type, (int) to.elements());
    int start = 0;
    for (NdArray part : parts) {
      int run = Strided.product(part.shape(), axis, to.rank());
      Object from = part.data();
      for (int i = 0; i < outer; i++) {
        System.arraycopy(from, i * run, out, i * width + start, run);
      }
      start += run;
    }
    return NdArray.of(type, to, out);
  }

  private static List<NdArray> split(Call call) {
    NdArray x = call.in(0);
    int axis = call.axis("axis", 0, x.rank());
    int size = x.dim(axis);
    long[] parts = call.integers("split", 1);
    if (parts == null) {
      int count = (int) call.integer("num_outputs", call.outputs());
      call.require(count >= 1 && count <= Math.max(1, size), "splits %s in %d".formatted(x, count));
      parts = new long[count];
      long each = Math.ceilDiv(size, count);
      Arrays.fill(parts, each);
      parts[count - 1] = size - each * (count - 1);
    }
    call.require(
        Arrays.stream(parts).allMatch(p -> p >= 0 && p <= size)
            && Arrays.stream(parts).sum() == size,
        "splits axis %d of %s in parts of %s".formatted(axis, x, Arrays.toString(parts)));
    List<NdArray> out = new ArrayList<>();
    int start = 0;
    for (long part : parts) {
      out.add(
          isTensor(x) && part > 0
              ? NdArray.of(Layout.slice(x.tensor(call.device()), axis, start, start + part, 1))
              : cut(x, axis, start, (int) part));
      start += (int) part;
    }
    return out;
  }

  /** A range of entries of an axis. */
  static NdArray cut(NdArray x, int axis, int start, int length) {
    Shape to = x.shape().with(axis, length);
    int outer = Strided.product(to, 0, axis);
    int run = Strided.product(to, axis, to.rank());
    int width = Strided.product(x.shape(), axis, to.rank());
    int inner = Strided.product(to, axis + 1, to.rank());
    Object out = NdArray.allocate(x.type(), (int) to.elements());
    Object from = x.data();
    for (int i = 0; i < outer; i++) {
      System.arraycopy(from, i * width + start * inner, out, i * run, run);
    }
    return NdArray.of(x.type(), to, out);
  }

  private static NdArray slice(Call call) {
    NdArray x = call.in(0);
    long[] starts = call.required("starts", 1);
    long[] ends = call.required("ends", 2);
    long[] axes = call.integers("axes", 3);
    long[] steps = call.has(4) ? call.longs(4) : null;
    int count = starts.length;
    call.require(
        ends.length == count
            && (axes == null ? count <= x.rank() : axes.length == count)
            && (steps == null || steps.length == count),
        "has starts, ends, axes and steps of different lengths");
    long[] dims = x.shape().dims().clone();
    long[] strides = x.shape().strides();
    long offset = 0;
    boolean[] seen = new boolean[x.rank()];
    long[] first = new long[x.rank()];
    long[] every = new long[x.rank()];
    Arrays.fill(every, 1);
    for (int i = 0; i < count; i++) {
      int axis = axes == null ? i : call.axis(axes[i], x.rank());
      call.require(!seen[axis], "names axis " + axis + " twice");
      seen[axis] = true;
      long step = steps == null ? 1 : steps[i];
      call.require(step != 0 && step != Long.MIN_VALUE, "has a step of " + step);
      long size = dims[axis];
      long start = clamped(starts[i], size, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
      long end = clamped(ends[i], size, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
      long distance = step > 0 ? end - start : start - end;
      long stride = Math.abs(step);
      dims[axis] = distance <= 0 ? 0 : (distance - 1) / stride + 1;
      first[axis] = start;
      every[axis] = dims[axis] <= 1 ? 1 : step;
      offset += dims[axis] == 0 ? 0 : start * strides[axis];
      strides[axis] = dims[axis] <= 1 ? 0 : strides[axis] * step;
    }
    Shape to = Shape.of(dims);
    if (isTensor(x) && to.elements() > 0 && Arrays.stream(every).allMatch(e -> e > 0)) {
      Tensor out = call.device().allocate(DType.F32, to);
      call.device().layout().slice(x.tensor(call.device()), first, every, out);
      return NdArray.of(out);
    }
    return x.take(to, Strided.places(to, strides, offset));
  }

  private static long clamped(long at, long size, long low, long high) {
    long a = at < 0 ? (at < -size ? -1 : at + size) : at;
    return at < -size ? low : Math.max(low, Math.min(a, high));
  }

  /** Pictures whose pixels are rearranged in blocks, depth before column and row if {@code dcr}. */
  private record Blocks(Call call, NdArray x, int side, boolean dcr) {
    static Blocks of(Call call) {
      NdArray x = call.in(0);
      call.requireRank(x, 4, 4);
      long side = call.integer("blocksize");
      call.require(side >= 1 && side < 1 << 12, "has a block size of " + side);
      boolean dcr = call.choice("mode", "DCR", "DCR", "CRD").equals("DCR");
      return new Blocks(call, x, (int) side, dcr);
    }

    NdArray fromDepth() {
      int taps = side * side;
      call.require(
          x.dim(1) % taps == 0, "needs channels that %d divides, not %s".formatted(taps, x));
      long n = x.dim(0);
      long depth = x.dim(1) / taps;
      long h = x.dim(2);
      long w = x.dim(3);
      NdArray moved =
          dcr
              ? moved(Shape.of(n, side, side, depth, h, w), 0, 3, 4, 1, 5, 2)
              : moved(Shape.of(n, depth, side, side, h, w), 0, 1, 4, 2, 5, 3);
      return moved.reshape(Shape.of(n, depth, h * side, w * side));
    }

    NdArray toDepth() {
      long h = x.dim(2) / side;
      long w = x.dim(3) / side;
      call.require(
          h * side == x.dim(2) && w * side == x.dim(3),
          "needs sides that %d divides: %s".formatted(side, x));
      Shape apart = Shape.of(x.dim(0), x.dim(1), h, side, w, side);
      NdArray moved = dcr ? moved(apart, 0, 3, 5, 1, 2, 4) : moved(apart, 0, 1, 3, 5, 2, 4);
      return moved.reshape(Shape.of(x.dim(0), (long) x.dim(1) * side * side, h, w));
    }

    private NdArray moved(Shape apart, int... axes) {
      return transpose(call, x.reshape(apart), axes);
    }
  }

  private static NdArray reverseSequence(Call call) {
    NdArray x = call.in(0);
    call.requireRank(x, 2, Integer.MAX_VALUE);
    int batchAxis = call.axis("batch_axis", 1, x.rank());
    int timeAxis = call.axis("time_axis", 0, x.rank());
    call.require(batchAxis + timeAxis == 1, "needs batch and time as its first two axes");
    long[] lengths = call.longs(1);
    int batch = x.dim(batchAxis);
    int time = x.dim(timeAxis);
    call.require(lengths.length == batch, "needs a length for each sequence");
    int inner = Strided.product(x.shape(), 2, x.rank());
    int[] index = new int[x.count()];
    for (int i = 0; i < index.length; i++) {
      int first = i / inner / x.dim(1);
      int second = i / inner % x.dim(1);
      int b = batchAxis == 0 ? first : second;
      int t = timeAxis == 0 ? first : second;
      long length = lengths[b];
      call.require(length >= 0 && length <= time, "has a sequence of length " + length);
      int from = t < length ? (int) length - 1 - t : t;
      int row = batchAxis == 0 ? b * x.dim(1) + from : from * x.dim(1) + b;
      index[i] = row * inner + i % inner;
    }
    return x.take(x.shape(), index);
  }

  /** Casts a value to an array, with an error message for operators on lists. */
  static NdArray array(Call call, Value value) {
    if (value instanceof NdArray array) {
      return array;
    }
    throw call.wrong("needs tensors in its sequence");
  }
}
