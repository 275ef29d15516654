package org.diffusionnft.weights.onnx;

import java.util.Locale;

/**
 * The element type of an ONNX tensor: {@code TensorProto.DataType} by its numbers. Complex types
 * are omitted because they are not supported.
 */
public enum ElementType {
  FLOAT(1, 32, Kind.FLOATS),
  UINT8(2, 8, Kind.UNSIGNED),
  INT8(3, 8, Kind.SIGNED),
  UINT16(4, 16, Kind.UNSIGNED),
  INT16(5, 16, Kind.SIGNED),
  INT32(6, 32, Kind.SIGNED),
  INT64(7, 64, Kind.SIGNED),
  STRING(8, 0, Kind.STRINGS),
  BOOL(9, 8, Kind.UNSIGNED),
  FLOAT16(10, 16, Kind.FLOATS),
  DOUBLE(11, 64, Kind.DOUBLES),
  UINT32(12, 32, Kind.UNSIGNED),
  UINT64(13, 64, Kind.UNSIGNED),
  BFLOAT16(16, 16, Kind.FLOATS),
  FLOAT8E4M3FN(17, 8, Kind.FLOATS),
  FLOAT8E4M3FNUZ(18, 8, Kind.FLOATS),
  FLOAT8E5M2(19, 8, Kind.FLOATS),
  FLOAT8E5M2FNUZ(20, 8, Kind.FLOATS),
  UINT4(21, 4, Kind.UNSIGNED),
  INT4(22, 4, Kind.SIGNED),
  FLOAT4E2M1(23, 4, Kind.FLOATS),
  FLOAT8E8M0(24, 8, Kind.FLOATS),
  UINT2(25, 2, Kind.UNSIGNED),
  INT2(26, 2, Kind.SIGNED);

  /** What elements are held as in memory. */
  public enum Kind {
    /** As {@code float}: F32 and narrower types, which it represents exactly. */
    FLOATS,
    /** As {@code double}. */
    DOUBLES,
    /** As {@code long}. */
    SIGNED,
    /** As {@code long}; 64-bit values as the {@code long} with the same bits. */
    UNSIGNED,
    /** As {@code String}. */
    STRINGS
  }

  private final int code;
  private final int bits;
  private final Kind kind;

  ElementType(int code, int bits, Kind kind) {
    this.code = code;
    this.bits = bits;
    this.kind = kind;
  }

  /**
   * The type with this number in files.
   *
   * @param where what has this type, for the message
   * @throws UnsupportedOnnxException if there is no such type
   */
  public static ElementType of(long code, String where) {
    for (ElementType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new UnsupportedOnnxException(
        where + " has element type " + code + ", which is not supported: export it as float32");
  }

  /** The number in files. */
  public int code() {
    return code;
  }

  /** Bits of one element; 0 for strings. */
  public int bits() {
    return bits;
  }

  /** What elements are held as in memory. */
  public Kind kind() {
    return kind;
  }

  /** Whether elements are integers or booleans. */
  public boolean isInteger() {
    return kind == Kind.SIGNED || kind == Kind.UNSIGNED;
  }

  /** Whether elements are floating-point numbers. */
  public boolean isFloating() {
    return kind == Kind.FLOATS || kind == Kind.DOUBLES;
  }

  /** The name in messages: {@code float}, {@code int64}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
