package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import java.lang.foreign.MemorySegment;
import org.diffusionnft.tensor.LayoutKernels;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Strides;
import org.diffusionnft.tensor.Tensor;

/** Kernels that move elements. */
final class TornadoLayout implements LayoutKernels {
  private final Launcher launcher;
  private final OnHost onHost;

  TornadoLayout(Launcher launcher, OnHost onHost) {
    this.launcher = launcher;
    this.onHost = onHost;
  }

  @Override
  public void permute(Tensor x, int[] dims, Tensor out) {
    if (!single(x, out)) {
      onHost.run("permute", (r, t) -> r.layout().permute(t.in(x), dims, t.out(out)), x, out);
      return;
    }
    long[] own = x.shape().strides();
    long[] strides = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      strides[i] = own[x.shape().axis(dims[i])];
    }
    launcher.copy(launcher.at(x), launcher.at(out), out.shape(), strides, out.shape().strides());
  }

  @Override
  public void slice(Tensor x, long[] starts, long[] steps, Tensor out) {
    if (!single(x, out)) {
      onHost.run("slice", (r, t) -> r.layout().slice(t.in(x), starts, steps, t.out(out)), x, out);
      return;
    }
    long[] strides = x.shape().strides();
    int first = first(strides, starts, steps);
    launcher.copy(
        launcher.at(x) + first, launcher.at(out), out.shape(), strides, out.shape().strides());
  }

  @Override
  public void place(Tensor x, long[] starts, long[] steps, Tensor out) {
    if (!single(x, out)) {
      onHost.run("place", (r, t) -> r.layout().place(t.in(x), starts, steps, t.out(out)), x, out);
      return;
    }
    long[] strides = out.shape().strides();
    int first = first(strides, starts, steps);
    launcher.copy(
        launcher.at(x), launcher.at(out) + first, x.shape(), x.shape().strides(), strides);
  }

  @Override
  public void expand(Tensor x, Tensor out) {
    if (!single(x, out)) {
      onHost.run("expand", (r, t) -> r.layout().expand(t.in(x), t.out(out)), x, out);
      return;
    }
    launcher.copy(
        launcher.at(x),
        launcher.at(out),
        out.shape(),
        Strides.broadcast(x.shape(), out.shape()),
        out.shape().strides());
  }

  /** Multiplies the steps into the strides and returns the index of the first element. */
  private static int first(long[] strides, long[] starts, long[] steps) {
    long first = 0;
    for (int i = 0; i < strides.length; i++) {
      first += starts[i] * strides[i];
      strides[i] *= steps[i];
    }
    return Math.toIntExact(first);
  }

  @Override
  public void gather(Tensor table, Tensor ids, Tensor out) {
    if (!single(out) || !TypeCode.readable(table.dtype())) {
      onHost.run(
          "gather",
          (r, t) -> r.layout().gather(t.in(table), t.in(ids), t.out(out)),
          table,
          ids,
          out);
    } else if (out.elements() > 0) {
      Tensor numbers = numbers(ids);
      int[] p = new int[LayoutTasks.SLOTS];
      p[LayoutTasks.ELEMENTS] = size(out);
      p[LayoutTasks.X] = launcher.atAny(table);
      p[LayoutTasks.IDS] = launcher.at(numbers);
      p[LayoutTasks.OUT] = launcher.at(out);
      p[LayoutTasks.CHANNELS] = table.shape().intDim(1);
      p[LayoutTasks.TYPE] = launcher.type(table);
      launcher.plans().each(Kernel.GATHER, out.elements(), p);
      numbers.release();
    }
  }

  @Override
  public void scatterAdd(Tensor x, Tensor ids, Tensor out) {
    if (!single(x, out)) {
      onHost.run(
          "scatterAdd",
          (r, t) -> r.layout().scatterAdd(t.in(x), t.in(ids), t.out(out)),
          x,
          ids,
          out);
    } else if (x.elements() > 0) {
      Tensor numbers = numbers(ids);
      int channels = out.shape().intDim(1);
      int[] p = new int[LayoutTasks.SLOTS];
      p[LayoutTasks.CHANNELS] = channels;
      p[LayoutTasks.X] = launcher.at(x);
      p[LayoutTasks.IDS] = launcher.at(numbers);
      p[LayoutTasks.OUT] = launcher.at(out);
      p[LayoutTasks.ROWS] = size(ids);
      launcher.plans().each(Kernel.SCATTER_ADD, channels, p);
      numbers.release();
    }
  }

  /** Copies ids to the device as floats: exact below 2^24, and no table has that many rows. */
  private Tensor numbers(Tensor ids) {
    long[] values = ids.toLongs();
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values[i];
    }
    Tensor numbers = launcher.temporary(floats.length);
    launcher.plans().put(MemorySegment.ofArray(floats), launcher.at(numbers));
    return numbers;
  }

  @Override
  public void im2col(Tensor x, Window window, Tensor out) {
    if (!single(x, out)) {
      onHost.run("im2col", (r, t) -> r.layout().im2col(t.in(x), window, t.out(out)), x, out);
    } else if (out.elements() > 0) {
      launcher.plans().each(Kernel.IM2COL, out.elements(), windows(x, x.shape(), window, out));
    }
  }

  @Override
  public void col2im(Tensor columns, Window window, Tensor out) {
    if (!single(columns, out)) {
      onHost.run(
          "col2im", (r, t) -> r.layout().col2im(t.in(columns), window, t.out(out)), columns, out);
    } else if (out.elements() > 0) {
      launcher
          .plans()
          .each(Kernel.COL2IM, out.elements(), windows(columns, out.shape(), window, out));
    }
  }

  private int[] windows(Tensor x, Shape image, Window w, Tensor out) {
    int[] p = new int[WindowTasks.SLOTS];
    p[WindowTasks.ELEMENTS] = size(out);
    p[WindowTasks.X] = launcher.at(x);
    p[WindowTasks.OUT] = launcher.at(out);
    p[WindowTasks.HEIGHT] = image.intDim(2);
    p[WindowTasks.WIDTH] = image.intDim(3);
    p[WindowTasks.WINDOW_HEIGHT] = w.kernelHeight();
    p[WindowTasks.WINDOW_WIDTH] = w.kernelWidth();
    p[WindowTasks.STRIDE] = w.stride();
    p[WindowTasks.TOP] = w.top();
    p[WindowTasks.LEFT] = w.left();
    p[WindowTasks.OUT_HEIGHT] = Math.toIntExact(w.outHeight(image.dim(2)));
    p[WindowTasks.OUT_WIDTH] = Math.toIntExact(w.outWidth(image.dim(3)));
    return p;
  }
}
