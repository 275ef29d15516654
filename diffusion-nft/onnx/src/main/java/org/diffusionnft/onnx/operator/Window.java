package org.diffusionnft.onnx.operator;

import org.diffusionnft.onnx.value.NdArray;

/**
 * The window of convolutions and pooling, which slides over the axes after batch and channel.
 *
 * @param kernel its size along each axis
 * @param strides its steps
 * @param dilations distances between its taps
 * @param before padding before each axis; may be negative
 * @param after padding after each axis
 * @param out number of positions along each axis
 */
@SuppressWarnings("ArrayRecordComponent") // read by the loops of its users
record Window(int[] kernel, int[] strides, int[] dilations, int[] before, int[] after, int[] out) {

  /** The window of a node over an input {@code [N, C, ..]}. */
  static Window of(Call call, NdArray x, int[] kernel) {
    int axes = kernel.length;
    call.require(x.rank() == axes + 2, "slides a window of %d axes over %s".formatted(axes, x));
    int[] strides = call.ints("strides", axes, 1);
    int[] dilations = call.ints("dilations", axes, 1);
    int[] pads = call.ints("pads", 2 * axes, 0);
    String auto = call.choice("auto_pad", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");
    boolean ceil = call.flag("ceil_mode", false);
    int[] before = new int[axes];
    int[] after = new int[axes];
    int[] out = new int[axes];
    for (int i = 0; i < axes; i++) {
      call.require(
          kernel[i] > 0 && strides[i] > 0 && dilations[i] > 0,
          "needs a kernel, strides and dilations of at least 1");
      long reach = (long) dilations[i] * (kernel[i] - 1) + 1;
      long size = x.dim(i + 2);
      call.require(reach < Integer.MAX_VALUE, "has a kernel of " + reach);
      if (auto.startsWith("SAME")) {
        out[i] = (int) ((size + strides[i] - 1) / strides[i]);
        int missing = (int) Math.max(0, (out[i] - 1L) * strides[i] + reach - size);
        before[i] = auto.equals("SAME_UPPER") ? missing / 2 : missing - missing / 2;
        after[i] = missing - before[i];
      } else {
        before[i] = auto.equals("VALID") ? 0 : pads[i];
        after[i] = auto.equals("VALID") ? 0 : pads[axes + i];
        long room = size + before[i] + after[i] - reach;
        call.require(
            room >= 0 || ceil, "slides a window of %d over %d elements".formatted(reach, size));
        long steps = ceil ? Math.ceilDiv(room, (long) strides[i]) : room / strides[i];
        out[i] = (int) Math.max(0, steps + 1);
        // a window that would begin after the input and its leading padding is left out
        if (ceil && (out[i] - 1L) * strides[i] >= size + before[i]) {
          out[i]--;
        }
      }
    }
    return new Window(kernel, strides, dilations, before, after, out);
  }

  int axes() {
    return kernel.length;
  }

  /** Number of taps of the window. */
  int taps() {
    int product = 1;
    for (int k : kernel) {
      product *= k;
    }
    return product;
  }

  /** The shape of a result with this batch size and number of channels. */
  long[] shape(long batch, long channels) {
    long[] dims = new long[out.length + 2];
    dims[0] = batch;
    dims[1] = channels;
    for (int i = 0; i < out.length; i++) {
      dims[i + 2] = out[i];
    }
    return dims;
  }

  /**
   * The indices of the window's taps in one channel of the input; -1 outside.
   *
   * @param position the window's position along each axis
   */
  void places(int[] size, int[] position, int[] to) {
    int[] tap = new int[kernel.length];
    for (int t = 0; t < to.length; t++) {
      int place = 0;
      for (int i = 0; i < kernel.length && place >= 0; i++) {
        int at = position[i] * strides[i] - before[i] + tap[i] * dilations[i];
        place = at < 0 || at >= size[i] ? -1 : place * size[i] + at;
      }
      to[t] = place;
      next(tap, kernel);
    }
  }

  /**
   * The taps inside one channel of the input, in order.
   *
   * @param position the window's position along each axis
   */
  int[] inside(int[] size, int[] position) {
    int[] first = new int[kernel.length];
    int[] count = new int[kernel.length];
    for (int i = 0; i < kernel.length; i++) {
      long start = (long) position[i] * strides[i] - before[i];
      long from = Math.clamp(Math.ceilDiv(-start, (long) dilations[i]), 0, kernel[i]);
      long to = Math.clamp(Math.ceilDiv(size[i] - start, (long) dilations[i]), from, kernel[i]);
      first[i] = (int) (start + from * dilations[i]);
      count[i] = (int) (to - from);
    }
    int[] places = new int[product(count)];
    int[] tap = new int[kernel.length];
    for (int t = 0; t < places.length; t++) {
      int place = 0;
      for (int i = 0; i < kernel.length; i++) {
        place = place * size[i] + first[i] + tap[i] * dilations[i];
      }
      places[t] = place;
      next(tap, count);
    }
    return places;
  }

  /** The next position in row-major order, wrapping around after the last. */
  static void next(int[] position, int[] sizes) {
    for (int i = sizes.length - 1; i >= 0; i--) {
      if (++position[i] < sizes[i]) {
        return;
      }
      position[i] = 0;
    }
  }

  /** Sizes of the axes after batch and channel. */
  static int[] spatial(NdArray x) {
    int[] out = new int[x.rank() - 2];
    for (int i = 0; i < out.length; i++) {
      out[i] = x.dim(i + 2);
    }
    return out;
  }

  static int product(int[] sizes) {
    int product = 1;
    for (int s : sizes) {
      product = Math.multiplyExact(product, s);
    }
    return product;
  }
}
