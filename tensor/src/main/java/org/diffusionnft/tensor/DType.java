package org.diffusionnft.tensor;

/**
 * Storage types. Arithmetic is F32 on every device (F64 on {@link ReferenceDevice}, for gradient
 * checks); the half types are storage only and are widened inside the kernels. The integer types
 * hold ids, masks and the contents of files.
 */
public enum DType {
  F64(8, true),
  F32(4, true),
  BF16(2, true),
  F16(2, true),
  I64(8, false),
  I32(4, false),
  I16(2, false),
  I8(1, false),
  U8(1, false),
  BOOL(1, false);

  private final int bytes;
  private final boolean floating;

  DType(int bytes, boolean floating) {
    this.bytes = bytes;
    this.floating = floating;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether elements are floating-point numbers. */
  public boolean isFloating() {
    return floating;
  }

  /**
   * The type in which results over these operands are computed and stored: F64 if any is F64, else
   * F32.
   */
  public static DType arithmetic(Tensor... operands) {
    for (Tensor t : operands) {
      if (t.dtype() == F64) {
        return F64;
      }
    }
    return F32;
  }
}
