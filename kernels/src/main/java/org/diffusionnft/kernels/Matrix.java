package org.diffusionnft.kernels;

import org.diffusionnft.tensor.DType;

/**
 * A matrix in memory, as it is stored.
 *
 * @param transposed whether it is stored with its axes exchanged
 * @param ld elements between stored rows
 */
record Matrix(long address, DType dtype, boolean transposed, long ld) {
  /** A matrix of F32. */
  static Matrix floats(long address, long ld) {
    return new Matrix(address, DType.F32, false, ld);
  }

  /** The same memory, read with its axes exchanged. */
  Matrix transpose() {
    return new Matrix(address, dtype, !transposed, ld);
  }

  /** Bytes between stored rows. */
  long rowBytes() {
    return dtype.bytes() * ld;
  }
}
