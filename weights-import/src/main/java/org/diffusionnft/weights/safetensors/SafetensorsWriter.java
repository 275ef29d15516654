package org.diffusionnft.weights.safetensors;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.HostStorage;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.NumbersTooLarge;
import org.diffusionnft.weights.io.OutputException;
import org.jspecify.annotations.Nullable;

/**
 * Writes safetensors files that are byte-identical to the reference implementation's (the Rust
 * crate behind PyTorch's {@code save_file}): tensors by descending dtype, then by name; header
 * padded with spaces to 8 bytes. Files are written atomically; see {@link AtomicFile}.
 */
public final class SafetensorsWriter {
  /** PyTorch's savers add this, and the loaders of transformers and diffusers require it. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private static final long CHUNK = 1 << 26;

  /** Dtypes in data order: the reverse of the crate's enumeration. */
  private static final List<DType> ORDER =
      List.of(
          DType.I64,
          DType.F64,
          DType.F32,
          DType.I32,
          DType.BF16,
          DType.F16,
          DType.I16,
          DType.I8,
          DType.U8,
          DType.BOOL);

  private SafetensorsWriter() {}

  /**
   * Writes tensors, which may be on any devices.
   *
   * @param metadata free-form strings; an empty map writes no {@code __metadata__} at all
   * @throws IllegalArgumentException for the name {@code __metadata__} or a header over 100 MB
   * @throws OutputException if the file cannot be written; nothing is then left behind
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws OutputException {
    List<Planned> planned = new ArrayList<>();
    tensors.forEach((name, t) -> planned.add(new Planned(name, t.dtype(), t.shape())));
    try {
      write(
          file,
          planned,
          metadata,
          (out, t) -> writeData(out, Objects.requireNonNull(tensors.get(t.name()))));
    } catch (InvalidFileException e) {
      throw new IllegalStateException("tensors in memory are read from no file", e);
    }
  }

  /**
   * Writes the tensors of a source one by one: at most one of them is in memory at a time.
   *
   * @param dtype the dtype that floating-point tensors are converted to; null to keep theirs
   * @param device converts and joins tensors; must compute in this process
   * @param metadata see {@link #write(Path, Map, Map)}
   * @throws InvalidFileException if the source has no dtype or shape for one of its names, or
   *     contains a value that is NaN, infinite, or too large for the dtype
   * @throws OutputException if the file cannot be written; nothing is then left behind
   */
  public static void write(
      Path file,
      TensorSource source,
      @Nullable DType dtype,
      Device device,
      Map<String, String> metadata)
      throws InvalidFileException, OutputException {
    List<Planned> planned = new ArrayList<>();
    for (String name : source.names()) {
      DType own = source.dtype(name);
      DType to = dtype != null && own.isFloating() ? dtype : own;
      planned.add(new Planned(name, to, source.shape(name)));
    }
    write(
        file,
        planned,
        metadata,
        (out, t) -> {
          try (Memory.Scope _ = device.memory().scope()) {
            Tensor tensor = source.tensor(t.name(), device);
            source.requireFinite(t.name(), tensor);
            boolean same = tensor.dtype() == t.dtype();
            writeData(out, same ? tensor : rounded(source, t, tensor));
          }
          device.memory().trim();
        });
  }

  /** F16 ends at 65504: larger values would become infinite. */
  private static Tensor rounded(TensorSource source, Planned to, Tensor tensor)
      throws InvalidFileException {
    Tensor rounded = Elementwise.convert(tensor, to.dtype());
    if (NotFinite.find(rounded) != null) {
      throw tooLarge(source, to.name(), to.dtype(), tensor.device());
    }
    return rounded;
  }

  /** Names the file that contains the values, and the tensor by its name in that file. */
  private static InvalidFileException tooLarge(
      TensorSource source, String name, DType dtype, Device device) throws InvalidFileException {
    for (TensorSource.Place place : source.madeOf(name)) {
      Tensor read = place.source().tensor(place.name(), device);
      if (NotFinite.find(Elementwise.convert(read, dtype)) != null) {
        return tooLarge(place.source(), place.name(), dtype, device);
      }
    }
    return NumbersTooLarge.of(source.path(), name, false, dtype);
  }

  /** A tensor's header entry. */
  private record Planned(String name, DType dtype, Shape shape) {
    long bytes() {
      return shape.elements() * dtype.bytes();
    }
  }

  private interface Data {
    void write(WritableByteChannel out, Planned tensor) throws IOException;
  }

  private static void write(
      Path file, List<Planned> tensors, Map<String, String> metadata, Data data)
      throws InvalidFileException, OutputException {
    tensors.sort(
        Comparator.<Planned>comparingInt(t -> ORDER.indexOf(t.dtype()))
            .thenComparing(t -> utf8(t.name()), Arrays::compareUnsigned));
    byte[] header = header(tensors, metadata);
    if (header.length > SafetensorsFile.LONGEST_HEADER) {
      throw new IllegalArgumentException(
          "the header of "
              + tensors.size()
              + " tensors needs "
              + header.length
              + " bytes, more than safetensors' "
              + SafetensorsFile.LONGEST_HEADER);
    }
    AtomicFile.write(
        file,
        out -> {
          ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          AtomicFile.writeFully(out, length.putLong(0, header.length));
          AtomicFile.writeFully(out, ByteBuffer.wrap(header));
          for (Planned tensor : tensors) {
            data.write(out, tensor);
          }
        });
  }

  private static void writeData(WritableByteChannel out, Tensor tensor) throws IOException {
    if (tensor.storage() instanceof HostStorage) {
      writeSegment(out, tensor.segment());
    } else {
      try (Arena arena = Arena.ofConfined()) {
        writeSegment(out, tensor.toHost(arena));
      }
    }
  }

  private static void writeSegment(WritableByteChannel out, MemorySegment data) throws IOException {
    for (long at = 0; at < data.byteSize(); at += CHUNK) {
      long length = Math.min(CHUNK, data.byteSize() - at);
      AtomicFile.writeFully(out, data.asSlice(at, length).asByteBuffer());
    }
  }

  private static byte[] header(List<Planned> tensors, Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(SafetensorsHeader.METADATA);
        for (Map.Entry<String, String> e : metadata.entrySet()) {
          json.writeStringField(e.getKey(), e.getValue());
        }
        json.writeEndObject();
      }
      long offset = 0;
      for (Planned tensor : tensors) {
        if (tensor.name().equals(SafetensorsHeader.METADATA)) {
          throw new IllegalArgumentException(
              "a tensor cannot be named " + quote(SafetensorsHeader.METADATA));
        }
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.dtype().name());
        json.writeFieldName("shape");
        long[] dims = tensor.shape().dims();
        json.writeArray(dims, 0, dims.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {offset, offset + tensor.bytes()}, 0, 2);
        json.writeEndObject();
        offset += tensor.bytes();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory cannot fail", e);
    }
    while (bytes.size() % Long.BYTES != 0) {
      bytes.write(' ');
    }
    return bytes.toByteArray();
  }

  private static byte[] utf8(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
