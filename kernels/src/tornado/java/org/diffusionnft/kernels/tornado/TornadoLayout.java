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
      onHost.run("permute", (r, t) -> r.layout().permute(t.in(x), dims, t.out(out)));
      return;
    }
    long[] own = x.shape().strides();
    long[] strides = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      strides[i] = own[x.shape().axis(dims[i])];
    }
    copy(launcher.at(x), launcher.at(out), out.shape(), strides, out.shape().strides());
  }

  @Override
  public void slice(Tensor x, long[] starts, long[] steps, Tensor out) {
    if (!single(x, out)) {
      onHost.run("slice", (r, t) -> r.layout().slice(t.in(x), starts, steps, t.out(out)));
      return;
    }
    long[] strides = x.shape().strides();
    int first = first(strides, starts, steps);
    copy(launcher.at(x) + first, launcher.at(out), out.shape(), strides, out.shape().strides());
  }

  @Override
  public void place(Tensor x, long[] starts, long[] steps, Tensor out) {
    if (!single(x, out)) {
      onHost.run("place", (r, t) -> r.layout().place(t.in(x), starts, steps, t.out(out)));
      return;
    }
    long[] strides = out.shape().strides();
    int first = first(strides, starts, steps);
    copy(launcher.at(x), launcher.at(out) + first, x.shape(), x.shape().strides(), strides);
  }

  @Override
  public void expand(Tensor x, Tensor out) {
    if (!single(x, out)) {
      onHost.run("expand", (r, t) -> r.layout().expand(t.in(x), t.out(out)));
      return;
    }
    copy(
        launcher.at(x),
        launcher.at(out),
        out.shape(),
        Strides.broadcast(x.shape(), out.shape()),
        out.shape().strides());
  }

  private void copy(int from, int to, Shape shape, long[] read, long[] written) {
    if (shape.elements() > 0) {
      Steps steps = new Steps(shape, read, written);
      int[] values = steps.after(Math.toIntExact(shape.elements()), from, to, steps.rank());
      launcher.plans().each(Kernel.STRIDED_COPY, shape.elements(), values);
    }
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
    if (!single(out) || !Halves.readable(table.dtype())) {
      onHost.run("gather", (r, t) -> r.layout().gather(t.in(table), t.in(ids), t.out(out)));
    } else if (out.elements() > 0) {
      Tensor numbers = numbers(ids);
      int[] values = {
        size(out),
        launcher.atAny(table),
        launcher.at(numbers),
        launcher.at(out),
        table.shape().intDim(1),
        launcher.type(table)
      };
      launcher.plans().each(Kernel.GATHER, out.elements(), values);
      numbers.release();
    }
  }

  @Override
  public void scatterAdd(Tensor x, Tensor ids, Tensor out) {
    if (!single(x, out)) {
      onHost.run("scatterAdd", (r, t) -> r.layout().scatterAdd(t.in(x), t.in(ids), t.out(out)));
    } else if (x.elements() > 0) {
      Tensor numbers = numbers(ids);
      int channels = out.shape().intDim(1);
      int[] values = {channels, launcher.at(x), launcher.at(numbers), launcher.at(out), size(ids)};
      launcher.plans().each(Kernel.SCATTER_ADD, channels, values);
      numbers.release();
    }
  }

  /** Ids on the device, as floats: exact below 2^24, more than any table has rows. */
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
      onHost.run("im2col", (r, t) -> r.layout().im2col(t.in(x), window, t.out(out)));
    } else if (out.elements() > 0) {
      int[] values = windowed(size(out), x, x.shape(), window, out);
      launcher.plans().each(Kernel.IM2COL, out.elements(), values);
    }
  }

  @Override
  public void col2im(Tensor columns, Window window, Tensor out) {
    if (!single(columns, out)) {
      onHost.run("col2im", (r, t) -> r.layout().col2im(t.in(columns), window, t.out(out)));
    } else if (out.elements() > 0) {
      int[] values = windowed(size(out), columns, out.shape(), window, out);
      launcher.plans().each(Kernel.COL2IM, out.elements(), values);
    }
  }

  private int[] windowed(int n, Tensor from, Shape image, Window w, Tensor out) {
    return new int[] {
      n,
      launcher.at(from),
      launcher.at(out),
      image.intDim(2),
      image.intDim(3),
      w.kernelHeight(),
      w.kernelWidth(),
      w.stride(),
      w.top(),
      w.left(),
      Math.toIntExact(w.outHeight(image.dim(2))),
      Math.toIntExact(w.outWidth(image.dim(3)))
    };
  }
}
