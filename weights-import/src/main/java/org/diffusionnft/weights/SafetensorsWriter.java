package org.diffusionnft.weights;

import static org.diffusionnft.weights.InvalidFileException.quote;

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
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.HostStorage;
import org.diffusionnft.tensor.Tensor;

/**
 * Writes safetensors files byte for byte as the reference implementation (the Rust crate behind
 * PyTorch's {@code save_file}) does: tensors by falling dtype, then by name; header padded with
 * spaces to 8 bytes. Files appear complete or not at all; see {@link AtomicFile}.
 */
public final class SafetensorsWriter {
  /** PyTorch's savers add this, and loaders of transformers and diffusers ask for it. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private static final long CHUNK = 1 << 26;

  /** Dtypes in the order of the data: that of the crate's enumeration, reversed. */
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
   * Writes tensors, whatever devices they are on.
   *
   * @param metadata free-form strings; an empty map writes no {@code __metadata__} at all
   * @throws IllegalArgumentException for the name {@code __metadata__} or a header over 100 MB
   * @throws OutputException if the file cannot be written; nothing is then left behind
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws OutputException {
    List<Map.Entry<String, Tensor>> sorted = new ArrayList<>(tensors.entrySet());
    sorted.sort(
        Comparator.<Map.Entry<String, Tensor>>comparingInt(e -> ORDER.indexOf(e.getValue().dtype()))
            .thenComparing(e -> utf8(e.getKey()), Arrays::compareUnsigned));
    byte[] header = header(sorted, metadata);
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
          for (Map.Entry<String, Tensor> e : sorted) {
            writeData(out, e.getValue());
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

  private static byte[] header(
      List<Map.Entry<String, Tensor>> sorted, Map<String, String> metadata) {
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
      for (Map.Entry<String, Tensor> e : sorted) {
        if (e.getKey().equals(SafetensorsHeader.METADATA)) {
          throw new IllegalArgumentException(
              "a tensor cannot be named " + quote(SafetensorsHeader.METADATA));
        }
        Tensor tensor = e.getValue();
        json.writeObjectFieldStart(e.getKey());
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
