package org.diffusionnft.kernels;

import org.diffusionnft.tensor.DType;

/**
 * A matrix in memory.
 *
 * @param transposed whether it is stored transposed
 * @param ld elements between stored rows
 */
record Matrix(long address, DType dtype, boolean transposed, long ld) {
  /** A matrix of F32. */
  static Matrix floats(long address, long ld) {
    return new Matrix(address, DType.F32, false, ld);
  }

  /** The same memory, read as the transpose. */
  Matrix transpose() {
    return new Matrix(address, dtype, !transposed, ld);
  }

  /** Bytes between stored rows. */
  long rowBytes() {
    return dtype.bytes() * ld;
  }
}
