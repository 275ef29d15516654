package org.diffusionnft.tensor;

/** Kernels that only move elements of F32 and F64, and of other dtypes where stated. */
public interface LayoutKernels {

  /** Axis {@code i} of {@code out} is axis {@code dims[i]} of {@code x}. */
  void permute(Tensor x, int[] dims, Tensor out);

  /** {@code out[i, j, ..] = x[starts[0] + steps[0] * i, starts[1] + steps[1] * j, ..]}. */
  void slice(Tensor x, long[] starts, long[] steps, Tensor out);

  /** {@code out[starts[0] + steps[0] * i, ..] = x[i, ..]}; the rest of {@code out} is unchanged. */
  void place(Tensor x, long[] starts, long[] steps, Tensor out);

  /** Copies {@code x}, broadcast to the shape of {@code out}. */
  void expand(Tensor x, Tensor out);

  /**
   * {@code out[i, :] = table[ids[i], :]}.
   *
   * @param table {@code [V, C]}; F32, BF16 or F16
   * @param ids I64, any shape
   * @param out {@code [ids.., C]}, F32
   */
  void gather(Tensor table, Tensor ids, Tensor out);

  /** {@code out[ids[i], :] += x[i, :]}, in the order of i; {@code out} {@code [V, C]}. */
  void scatterAdd(Tensor x, Tensor ids, Tensor out);

  /**
   * A sliding window.
   *
   * @param kernelHeight rows of the window
   * @param kernelWidth columns of the window
   * @param stride step in both directions
   * @param top rows of zeros above; {@code left}, {@code bottom} and {@code right} likewise
   */
  record Window(
      int kernelHeight, int kernelWidth, int stride, int top, int left, int bottom, int right) {
    /** Number of output rows for an input height. */
    public long outHeight(long height) {
      return (height + top + bottom - kernelHeight) / stride + 1;
    }

    /** Number of output columns for an input width. */
    public long outWidth(long width) {
      return (width + left + right - kernelWidth) / stride + 1;
    }
  }

  /**
   * Unfolds windows into columns, so that convolution becomes a matrix product.
   *
   * @param x {@code [N, C, H, W]}
   * @param out {@code [N, C*KH*KW, OH*OW]}
   */
  void im2col(Tensor x, Window window, Tensor out);

  /** The transpose of {@link #im2col}: adds columns into {@code out} {@code [N, C, H, W]}. */
  void col2im(Tensor columns, Window window, Tensor out);
}
