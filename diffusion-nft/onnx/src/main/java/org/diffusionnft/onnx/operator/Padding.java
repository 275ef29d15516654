package org.diffusionnft.onnx.operator;

import java.util.Arrays;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.tensor.Shape;

/** Padding and cropping of arrays. */
final class Padding {
  private Padding() {}

  static NdArray pad(Call call) {
    NdArray x = call.in(0);
    String mode = call.choice("mode", "constant", "constant", "edge", "reflect", "wrap");
    long[] pads = call.required("pads", 1);
    int rank = x.rank();
    long[] axes = call.has(3) ? call.longs(3) : null;
    int count = axes == null ? rank : axes.length;
    call.require(pads.length == 2 * count, "needs two pads for each axis of " + x);
    long[] before = new long[rank];
    long[] dims = x.shape().dims().clone();
    if (axes != null) {
      call.axes(axes, rank);
    }
    for (int i = 0; i < count; i++) {
      int axis = axes == null ? i : call.axis(axes[i], rank);
      call.require(
          pads[i] == (int) pads[i] && pads[count + i] == (int) pads[count + i],
          "pads axis %d with %d and %d elements".formatted(axis, pads[i], pads[count + i]));
      before[axis] = pads[i];
      dims[axis] += pads[i] + pads[count + i];
    }
    Shape to = call.shape(dims);
    NdArray padded = x.take(to, index(call, x.shape(), to, before, mode));
    if (!mode.equals("constant")) {
      return padded;
    }
    return filled(call, x, padded, index(call, x.shape(), to, before, mode));
  }

  private static NdArray filled(Call call, NdArray x, NdArray padded, int[] index) {
    NdArray value = call.optional(2);
    float attribute = call.number("value", 0);
    if (value == null && attribute == 0) {
      return padded;
    }
    NdArray fill =
        value == null ? NdArray.ofDoubles(x.type(), Shape.of(), new double[] {attribute}) : value;
    call.require(
        fill.count() == 1 && fill.type() == x.type(), "pads %s with %s".formatted(x, fill));
    Object out = padded.data();
    for (int i = 0; i < index.length; i++) {
      if (index[i] < 0) {
        System.arraycopy(fill.data(), 0, out, i, 1);
      }
    }
    return NdArray.of(x.type(), padded.shape(), out);
  }

  private static int[] index(Call call, Shape from, Shape to, long[] before, String mode) {
    int rank = from.rank();
    int[][] places = new int[rank][];
    for (int axis = 0; axis < rank; axis++) {
      places[axis] = new int[to.intDim(axis)];
      for (int i = 0; i < places[axis].length; i++) {
        places[axis][i] = place(call, i - before[axis], from.dim(axis), mode);
      }
    }
    long[] strides = from.strides();
    int[] index = new int[(int) to.elements()];
    long[] at = new long[rank];
    for (int i = 0; i < index.length; i++) {
      int place = 0;
      for (int axis = 0; axis < rank && place >= 0; axis++) {
        int p = places[axis][(int) at[axis]];
        place = p < 0 ? -1 : place + p * (int) strides[axis];
      }
      index[i] = place;
      for (int axis = rank - 1; axis >= 0 && ++at[axis] == to.dim(axis); axis--) {
        at[axis] = 0;
      }
    }
    return index;
  }

  private static int place(Call call, long at, long size, String mode) {
    if (at >= 0 && at < size) {
      return (int) at;
    }
    if (mode.equals("constant")) {
      return -1;
    }
    call.require(size > 0, "pads an axis without elements");
    return switch (mode) {
      case "edge" -> (int) Math.max(0, Math.min(at, size - 1));
      case "wrap" -> (int) Math.floorMod(at, size);
      default -> {
        long period = Math.max(1, 2 * (size - 1));
        long a = Math.floorMod(at, period);
        yield (int) (a < size ? a : period - a);
      }
    };
  }

  static NdArray centerCropPad(Call call) {
    NdArray x = call.in(0);
    int rank = x.rank();
    long[] wanted = call.longs(1);
    long[] given = call.integers("axes");
    call.require(
        wanted.length == (given == null ? rank : given.length), "needs a size for each axis");
    long[] dims = x.shape().dims().clone();
    long[] before = new long[rank];
    for (int i = 0; i < wanted.length; i++) {
      int axis = given == null ? i : call.axis(given[i], rank);
      long difference = wanted[i] - dims[axis];
      before[axis] = difference >= 0 ? difference / 2 : -(-difference / 2);
      dims[axis] = wanted[i];
    }
    Shape to = call.shape(dims);
    return x.take(to, index(call, x.shape(), to, before, "constant"));
  }

  /** An array of equal numbers. */
  static int[] all(int count, int value) {
    int[] out = new int[count];
    Arrays.fill(out, value);
    return out;
  }
}
