package org.diffusionnft.weights;

import java.util.Map;
import org.diffusionnft.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * The storage type of a tensor in a file.
 *
 * @param name its name in files, such as {@code F8_E4M3}
 * @param bits per element; 0 if unknown
 * @param dtype the dtype it is read as, without loss; null for types that are not supported
 */
public record StoredType(String name, int bits, @Nullable DType dtype) {
  /** Eight bits with four exponent bits; no infinities. */
  public static final StoredType F8_E4M3 = new StoredType("F8_E4M3", 8, DType.BF16);

  /** Eight bits with five exponent bits: the upper half of an F16. */
  public static final StoredType F8_E5M2 = new StoredType("F8_E5M2", 8, DType.BF16);

  /** Safetensors types without a {@link DType}, which can only be listed, with their bits. */
  private static final Map<String, Integer> LISTED =
      Map.of(
          "F4", 4,
          "F6_E2M3", 6,
          "F6_E3M2", 6,
          "F8_E8M0", 8,
          "F8_E4M3FNUZ", 8,
          "F8_E5M2FNUZ", 8,
          "U16", 16,
          "U32", 32,
          "U64", 64,
          "C64", 64);

  /** The type whose file and memory formats are the same. */
  public static StoredType of(DType dtype) {
    return new StoredType(dtype.name(), dtype.bytes() * Byte.SIZE, dtype);
  }

  /** The type with this name; an unknown one has 0 bits. */
  public static StoredType named(String name) {
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(name)) {
        return of(dtype);
      }
    }
    if (name.equals(F8_E4M3.name())) {
      return F8_E4M3;
    }
    return name.equals(F8_E5M2.name())
        ? F8_E5M2
        : new StoredType(name, LISTED.getOrDefault(name, 0), null);
  }
}
