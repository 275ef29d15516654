package org.diffusionnft.weights.onnx;

import java.nio.ByteBuffer;
import org.diffusionnft.tensor.Shape;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in a file. The bytes of large ones stay in the mapped file until they are requested.
 *
 * @param name empty if it has none
 * @param type of the elements
 * @param shape of the tensor
 * @param bytes little-endian, exactly as many as the elements need; null if {@code values} is used
 * @param values {@code float[]}, {@code double[]}, {@code long[]} or {@code String[]}, by the kind
 *     of the type; null if {@code bytes} is used
 */
public record OnnxTensor(
    String name,
    ElementType type,
    Shape shape,
    @Nullable ByteBuffer bytes,
    @Nullable Object values) {

  /** The elements, as an array by the kind of the type; it must not be changed. */
  public Object array() {
    if (values != null) {
      return values;
    }
    if (bytes == null) {
      throw new IllegalStateException("a tensor without elements");
    }
    int count = Math.toIntExact(shape.elements());
    return switch (type.kind()) {
      case FLOATS -> floats(bytes, count);
      case DOUBLES -> {
        double[] out = new double[count];
        bytes.duplicate().order(bytes.order()).asDoubleBuffer().get(out);
        yield out;
      }
      case SIGNED, UNSIGNED -> {
        long[] out = new long[count];
        for (int i = 0; i < count; i++) {
          out[i] = integer(bytes, i);
        }
        yield out;
      }
      case STRINGS -> throw new IllegalStateException("strings have no bytes");
    };
  }

  private float[] floats(ByteBuffer from, int count) {
    float[] out = new float[count];
    if (type == ElementType.FLOAT) {
      from.duplicate().order(from.order()).asFloatBuffer().get(out);
      return out;
    }
    for (int i = 0; i < count; i++) {
      out[i] = SmallFloats.decode(type, (int) unsigned(from, i));
    }
    return out;
  }

  private long integer(ByteBuffer from, int i) {
    long bits = unsigned(from, i);
    return type.kind() == ElementType.Kind.SIGNED ? signed(bits, type.bits()) : bits;
  }

  private long unsigned(ByteBuffer from, int i) {
    return switch (type.bits()) {
      case 64 -> from.getLong(i * 8);
      case 32 -> from.getInt(i * 4) & 0xFFFFFFFFL;
      case 16 -> from.getShort(i * 2) & 0xFFFFL;
      case 8 -> from.get(i) & 0xFFL;
      default -> {
        int perByte = 8 / type.bits();
        yield (from.get(i / perByte) >> (i % perByte * type.bits())) & ((1 << type.bits()) - 1);
      }
    };
  }

  /** Interprets the lowest bits as a two's complement number. */
  static long signed(long value, int bits) {
    int shift = Long.SIZE - bits;
    return value << shift >> shift;
  }
}
