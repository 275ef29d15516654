package org.diffusionnft.weights.onnx;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.PlainNumber;
import org.diffusionnft.weights.io.ProtobufReader;
import org.jspecify.annotations.Nullable;

/** {@code TensorProto}, with its elements in any of the four places that the format allows. */
final class TensorReader {
  private static final int LARGEST_RANK = 32;
  private static final long EXTERNAL = 1;

  private final Path file;
  private final Map<String, MemorySegment> external = new HashMap<>();

  TensorReader(Path file) {
    this.file = file;
  }

  Path file() {
    return file;
  }

  OnnxTensor tensor(ProtobufReader in) throws InvalidFileException {
    String name = "";
    long code = 0;
    Numbers dims = new Numbers();
    ByteBuffer raw = null;
    boolean elsewhere = false;
    Map<String, String> place = new HashMap<>();
    Numbers floats = new Numbers();
    Numbers doubles = new Numbers();
    Numbers integers = new Numbers();
    List<String> strings = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> in.varints(dims::add);
        case 2 -> code = in.varint();
        case 3 -> throw new InvalidFileException(file, "has a tensor in segments: export it whole");
        case 4 -> in.fixed32s(floats::add);
        case 5, 7, 11 -> in.varints(integers::add);
        case 6 -> strings.add(in.text());
        case 8 -> name = in.text();
        case 9 -> raw = in.slice();
        case 10 -> in.fixed64s(doubles::add);
        case 13 -> entry(in.message(), place);
        case 14 -> elsewhere = in.varint() == EXTERNAL;
        default -> {}
      }
    }
    ElementType type = ElementType.of(code, file + ": tensor " + quote(name));
    Shape shape = shape(name, dims.longs());
    if (elsewhere) {
      raw = external(name, place, bytes(name, type, shape));
    }
    if (raw != null) {
      requireCount(name, shape, "bytes", bytes(name, type, shape), raw.remaining());
      return new OnnxTensor(name, type, shape, raw, null);
    }
    Object values =
        switch (type.kind()) {
          case FLOATS -> type == ElementType.FLOAT ? floats.floats() : narrow(type, integers);
          case DOUBLES -> doubles.doubles();
          case SIGNED, UNSIGNED -> integers(type, integers);
          case STRINGS -> strings.toArray(String[]::new);
        };
    int length = Array.getLength(values);
    int packed = type.bits() > 0 && type.bits() < 8 ? 8 / type.bits() : 1;
    if (packed > 1) {
      return packedBytes(name, type, shape, integers);
    }
    requireCount(name, shape, "elements", shape.elements(), length);
    return new OnnxTensor(name, type, shape, null, values);
  }

  /** Elements of less than a byte, of which {@code int32_data} packs a byte into each number. */
  private OnnxTensor packedBytes(String name, ElementType type, Shape shape, Numbers integers)
      throws InvalidFileException {
    long[] numbers = integers.longs();
    requireCount(name, shape, "bytes", bytes(name, type, shape), numbers.length);
    ByteBuffer bytes = ByteBuffer.allocate(numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < numbers.length; i++) {
      bytes.put(i, (byte) numbers[i]);
    }
    return new OnnxTensor(name, type, shape, bytes, null);
  }

  private static float[] narrow(ElementType type, Numbers bits) {
    long[] from = bits.longs();
    float[] out = new float[from.length];
    int mask = (1 << type.bits()) - 1;
    for (int i = 0; i < out.length; i++) {
      out[i] = SmallFloats.decode(type, (int) from[i] & mask);
    }
    return out;
  }

  private static long[] integers(ElementType type, Numbers numbers) {
    long[] out = numbers.longs();
    if (type.bits() < Long.SIZE) {
      long mask = (1L << type.bits()) - 1;
      for (int i = 0; i < out.length; i++) {
        boolean signed = type.kind() == ElementType.Kind.SIGNED;
        out[i] = signed ? OnnxTensor.signed(out[i], type.bits()) : out[i] & mask;
      }
    }
    return out;
  }

  private Shape shape(String name, long[] dims) throws InvalidFileException {
    if (dims.length > LARGEST_RANK) {
      throw new InvalidFileException(
          file, "tensor " + quote(name) + " has " + dims.length + " dimensions");
    }
    try {
      Shape shape = Shape.of(dims);
      boolean each = Arrays.stream(dims).allMatch(dim -> dim <= Integer.MAX_VALUE);
      if (each && shape.elements() <= Integer.MAX_VALUE) {
        return shape;
      }
    } catch (IllegalArgumentException _) {
      // said below
    }
    throw new InvalidFileException(
        file,
        "tensor %s claims the shape %s: no more than 2^31 elements can be"
            .formatted(quote(name), Arrays.toString(dims)));
  }

  private long bytes(String name, ElementType type, Shape shape) throws InvalidFileException {
    if (type == ElementType.STRING) {
      throw new InvalidFileException(file, "tensor " + quote(name) + " has strings as bytes");
    }
    return (shape.elements() * type.bits() + 7) / 8;
  }

  private void requireCount(String name, Shape shape, String what, long expected, long found)
      throws InvalidFileException {
    if (expected != found) {
      throw new InvalidFileException(
          file,
          "tensor %s claims the shape %s, which needs %d %s, but has %d: the file is damaged"
              .formatted(quote(name), shape, expected, what, found));
    }
  }

  private static void entry(ProtobufReader in, Map<String, String> to) throws InvalidFileException {
    String key = "";
    String value = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> key = in.text();
        case 2 -> value = in.text();
        default -> {}
      }
    }
    to.put(key, value);
  }

  /** Bytes in an external file, which must be inside the model's folder. */
  private ByteBuffer external(String name, Map<String, String> place, long needed)
      throws InvalidFileException {
    String location = place.getOrDefault("location", "");
    Path folder = file.toAbsolutePath().normalize().getParent();
    Path beside = folder == null ? null : inside(folder, location);
    if (beside == null) {
      throw new InvalidFileException(
          file,
          "tensor %s is said to lie in %s, which is not a file in the model's folder"
              .formatted(quote(name), quote(location)));
    }
    if (!Files.isRegularFile(beside)) {
      throw new InvalidFileException(
          file,
          "tensor %s is said to lie in %s, and there is no such file beside the model"
              .formatted(quote(name), quote(location)));
    }
    MemorySegment data = external.get(location);
    if (data == null) {
      data = OnnxFile.mapWhole(beside);
      external.put(location, data);
    }
    long offset = number(name, place, "offset", 0);
    long length = number(name, place, "length", needed);
    if (offset > data.byteSize() || length > data.byteSize() - offset) {
      throw new InvalidFileException(
          file,
          "tensor %s is said to be %d bytes from %d on of %s, which has %d"
              .formatted(quote(name), length, offset, quote(location), data.byteSize()));
    }
    if (length > Integer.MAX_VALUE) {
      throw new InvalidFileException(
          file,
          "tensor %s is said to have %d bytes of %s, and one tensor has at most 2 GiB"
              .formatted(quote(name), length, quote(location)));
    }
    return data.asSlice(offset, length).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The file with this name if it is inside the folder after resolving links. */
  private static @Nullable Path inside(Path folder, String location) {
    try {
      Path beside = folder.resolve(location).normalize();
      if (location.isEmpty() || !beside.startsWith(folder) || beside.equals(folder)) {
        return null;
      }
      boolean there = Files.exists(beside);
      return !there || beside.toRealPath().startsWith(folder.toRealPath()) ? beside : null;
    } catch (InvalidPathException | IOException _) {
      return null;
    }
  }

  private long number(String name, Map<String, String> place, String key, long orElse)
      throws InvalidFileException {
    String text = place.get(key);
    if (text == null) {
      return orElse;
    }
    try {
      long number = PlainNumber.parseWhole(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException _) {
      // said below
    }
    throw new InvalidFileException(
        file,
        "tensor %s has the %s %s, which is no number of bytes"
            .formatted(quote(name), key, quote(text)));
  }
}
