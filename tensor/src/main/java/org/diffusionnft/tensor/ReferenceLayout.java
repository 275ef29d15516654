package org.diffusionnft.tensor;

import static org.diffusionnft.tensor.ReferenceDevice.load;
import static org.diffusionnft.tensor.ReferenceDevice.store;

/** Moves elements one by one. */
final class ReferenceLayout implements LayoutKernels {

  @Override
  public void permute(Tensor x, int[] dims, Tensor out) {
    double[] v = load(x);
    double[] r = new double[v.length];
    long[] own = x.shape().strides();
    long[] strides = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      strides[i] = own[x.shape().axis(dims[i])];
    }
    for (int i = 0; i < r.length; i++) {
      r[i] = v[(int) Strides.index(i, out.shape(), strides)];
    }
    store(out, r);
  }

  @Override
  public void slice(Tensor x, long[] starts, long[] steps, Tensor out) {
    double[] v = load(x);
    double[] r = new double[Math.toIntExact(out.elements())];
    long[] strides = x.shape().strides();
    long first = firstAndSteps(strides, starts, steps);
    for (int i = 0; i < r.length; i++) {
      r[i] = v[(int) (first + Strides.index(i, out.shape(), strides))];
    }
    store(out, r);
  }

  @Override
  public void place(Tensor x, long[] starts, long[] steps, Tensor out) {
    double[] v = load(x);
    double[] r = load(out);
    long[] strides = out.shape().strides();
    long first = firstAndSteps(strides, starts, steps);
    for (int i = 0; i < v.length; i++) {
      r[(int) (first + Strides.index(i, x.shape(), strides))] = v[i];
    }
    store(out, r);
  }

  @Override
  public void expand(Tensor x, Tensor out) {
    double[] v = load(x);
    double[] r = new double[Math.toIntExact(out.elements())];
    long[] strides = Strides.broadcast(x.shape(), out.shape());
    for (int i = 0; i < r.length; i++) {
      r[i] = v[(int) Strides.index(i, out.shape(), strides)];
    }
    store(out, r);
  }

  @Override
  public void gather(Tensor table, Tensor ids, Tensor out) {
    double[] v = load(table);
    double[] r = new double[Math.toIntExact(out.elements())];
    long[] id = ids.toLongs();
    int c = table.shape().intDim(1);
    for (int i = 0; i < id.length; i++) {
      System.arraycopy(v, Math.toIntExact(id[i] * c), r, i * c, c);
    }
    store(out, r);
  }

  @Override
  public void scatterAdd(Tensor x, Tensor ids, Tensor out) {
    double[] v = load(x);
    double[] r = load(out);
    long[] id = ids.toLongs();
    int c = out.shape().intDim(1);
    for (int i = 0; i < v.length; i++) {
      r[(int) id[i / c] * c + i % c] += v[i];
    }
    store(out, r);
  }

  @Override
  public void im2col(Tensor x, Window window, Tensor out) {
    double[] v = load(x);
    double[] r = new double[Math.toIntExact(out.elements())];
    eachCell(x.shape(), window, (cell, pixel) -> r[cell] = v[pixel]);
    store(out, r);
  }

  @Override
  public void col2im(Tensor columns, Window window, Tensor out) {
    double[] v = load(columns);
    double[] r = new double[Math.toIntExact(out.elements())];
    eachCell(out.shape(), window, (cell, pixel) -> r[pixel] += v[cell]);
    store(out, r);
  }

  private interface Cell {
    void at(int cell, int pixel);
  }

  /** Visits every cell of the columns that lies inside the image, with the pixel under it. */
  private static void eachCell(Shape image, Window w, Cell action) {
    int height = image.intDim(2);
    int width = image.intDim(3);
    int outHeight = (int) w.outHeight(height);
    int outWidth = (int) w.outWidth(width);
    int planes = image.intDim(0) * image.intDim(1);
    int cell = 0;
    for (int plane = 0; plane < planes; plane++) {
      for (int ky = 0; ky < w.kernelHeight(); ky++) {
        for (int kx = 0; kx < w.kernelWidth(); kx++) {
          for (int oy = 0; oy < outHeight; oy++) {
            for (int ox = 0; ox < outWidth; ox++, cell++) {
              int y = oy * w.stride() + ky - w.top();
              int x = ox * w.stride() + kx - w.left();
              if (y >= 0 && y < height && x >= 0 && x < width) {
                action.at(cell, (plane * height + y) * width + x);
              }
            }
          }
        }
      }
    }
  }

  /** Multiplies the steps into the strides and returns the index of the first element. */
  private static long firstAndSteps(long[] strides, long[] starts, long[] steps) {
    long first = 0;
    for (int i = 0; i < strides.length; i++) {
      first += starts[i] * strides[i];
      strides[i] *= steps[i];
    }
    return first;
  }
}
