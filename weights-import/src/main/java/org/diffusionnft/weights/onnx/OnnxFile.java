package org.diffusionnft.weights.onnx;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.weights.io.FileKind;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.ProtobufReader;

/**
 * Reads {@code .onnx} files: the protocol buffers of <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>, and the external
 * files that may hold large tensors. Files are mapped, not read; every length is checked against
 * the actual size before it is used.
 */
public final class OnnxFile {
  private OnnxFile() {}

  /**
   * Reads a model.
   *
   * @throws InvalidFileException if it is missing, damaged or not an ONNX model
   * @throws UnsupportedOnnxException if it uses an unsupported feature
   */
  public static OnnxModel read(Path file) throws InvalidFileException {
    ByteBuffer bytes = map(file);
    try {
      return parse(file, bytes);
    } catch (InvalidFileException e) {
      FileKind.refuse(file, "an ONNX file");
      throw e;
    }
  }

  /**
   * Reads a model from memory.
   *
   * @param file named in messages; its folder holds the external data
   */
  public static OnnxModel parse(Path file, ByteBuffer bytes) throws InvalidFileException {
    Map<String, Long> opsets = new LinkedHashMap<>();
    OnnxGraph graph = null;
    ProtobufReader model = new ProtobufReader(file, bytes);
    GraphReader graphs = new GraphReader(new TensorReader(file));
    while (model.next()) {
      switch (model.field()) {
        case 7 -> {
          if (graph != null) {
            throw new InvalidFileException(file, "has two graphs, where a model has one");
          }
          graph = graphs.graph(model.message(), 0);
        }
        case 8 -> readOpset(file, model.message(), opsets);
        case 25 ->
            throw new UnsupportedOnnxException(
                file
                    + ": has functions of its own, which are not supported: export it with its"
                    + " functions inlined");
        default -> {}
      }
    }
    if (graph == null || opsets.isEmpty()) {
      throw new InvalidFileException(file, "is no ONNX model: it has no graph or no opset");
    }
    return new OnnxModel(file, opsets, graph);
  }

  /**
   * Reads a {@code .pb} file with one tensor, as in test data.
   *
   * @throws InvalidFileException if it is missing, damaged or not a tensor
   */
  public static OnnxTensor readTensor(Path file) throws InvalidFileException {
    return new TensorReader(file).tensor(new ProtobufReader(file, map(file)));
  }

  /**
   * Reads a {@code .pb} file with one value of this type.
   *
   * @throws InvalidFileException if it is missing, damaged or not such a value
   */
  public static OnnxValue readValue(Path file, OnnxType type) throws InvalidFileException {
    ProtobufReader message = new ProtobufReader(file, map(file));
    return new ValueReader(new TensorReader(file)).value(message, type);
  }

  private static void readOpset(Path file, ProtobufReader opset, Map<String, Long> opsets)
      throws InvalidFileException {
    String domain = "";
    long version = 0;
    while (opset.next()) {
      switch (opset.field()) {
        case 1 -> domain = GraphReader.domain(opset.text());
        case 2 -> version = opset.varint();
        default -> {}
      }
    }
    if (version < 1) {
      throw new InvalidFileException(
          file,
          "says operator set %d of %s, and they are counted from 1"
              .formatted(version, domain.isEmpty() ? "ONNX" : quote(domain)));
    }
    Long before = opsets.put(domain, version);
    if (before != null && before != version) {
      throw new InvalidFileException(
          file,
          "says both operator set %d and %d of %s"
              .formatted(before, version, domain.isEmpty() ? "ONNX" : quote(domain)));
    }
  }

  /** Maps a file. */
  static ByteBuffer map(Path file) throws InvalidFileException {
    if (Files.isDirectory(file)) {
      throw new InvalidFileException(file, "is a folder where an ONNX file is expected");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size == 0) {
        FileKind.refuse(file, "an ONNX file");
      }
      if (size > Integer.MAX_VALUE) {
        throw new InvalidFileException(
            file,
            "has "
                + size
                + " bytes, and an ONNX file has at most 2 GiB: export it with its weights as"
                + " external data");
      }
      return channel.map(MapMode.READ_ONLY, 0, size).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Maps a file of external data, of any size. */
  static MemorySegment mapWhole(Path file) throws InvalidFileException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static InvalidFileException unreadable(Path file, IOException e) {
    return switch (e) {
      case InvalidFileException told -> told;
      case NoSuchFileException _ -> new InvalidFileException(file, "no such file", e);
      default ->
          new InvalidFileException(file, "cannot be read: " + InvalidFileException.reason(e), e);
    };
  }
}
