package org.diffusionnft.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes a protocol buffer field by field, right or wrong. */
final class ModelBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  ModelBytes number(int field, long value) {
    varint((long) field << 3);
    varint(value);
    return this;
  }

  ModelBytes text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  ModelBytes message(int field, ModelBytes value) {
    return bytes(field, value.toBytes());
  }

  ModelBytes bytes(int field, byte[] value) {
    varint((long) field << 3 | 2);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  /** A length that the bytes after it do not have. */
  ModelBytes lie(int field, long length) {
    varint((long) field << 3 | 2);
    varint(length);
    return this;
  }

  byte[] toBytes() {
    return out.toByteArray();
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  static byte[] floats(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      buffer.putFloat(v);
    }
    return buffer.array();
  }

  /** A model of this graph. */
  static ModelBytes model(long opset, ModelBytes graph) {
    return new ModelBytes()
        .number(1, 8)
        .message(8, new ModelBytes().number(2, opset))
        .message(7, graph);
  }

  /** A node; an empty name among the inputs leaves one out. */
  static ModelBytes node(String operator, String output, String... inputs) {
    ModelBytes node = new ModelBytes();
    for (String input : inputs) {
      node.text(1, input);
    }
    return node.text(2, output).text(4, operator);
  }

  static ModelBytes integer(String name, long value) {
    return new ModelBytes().text(1, name).number(3, value).number(20, 2);
  }

  /** An input or output of floats; -1 is an open dimension. */
  static ModelBytes port(String name, long... dims) {
    ModelBytes shape = new ModelBytes();
    for (long d : dims) {
      shape.message(1, d < 0 ? new ModelBytes().text(2, "n" + -d) : new ModelBytes().number(1, d));
    }
    ModelBytes tensor = new ModelBytes().number(1, 1).message(2, shape);
    return new ModelBytes().text(1, name).message(2, new ModelBytes().message(1, tensor));
  }

  /** A tensor with its bytes. */
  static ModelBytes tensor(String name, int type, byte[] raw, long... dims) {
    ModelBytes tensor = new ModelBytes();
    for (long d : dims) {
      tensor.number(1, d);
    }
    return tensor.number(2, type).text(8, name).bytes(9, raw);
  }
}
