package org.diffusionnft.weights.safetensors;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.StoredType;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.FileKind;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * A memory-mapped safetensors file: an 8-byte header length, a JSON header, then the tensors'
 * bytes. See <a href="https://github.com/huggingface/safetensors#format">the format</a>. Files may
 * be larger than memory; only the header is read before a tensor is used.
 *
 * <p>Every length is checked against the file before it is used. The file must not be changed while
 * it is open.
 */
public final class SafetensorsFile implements TensorSource {
  /** The longest header the reference implementation accepts. */
  static final long LONGEST_HEADER = 100_000_000;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final Arena arena;
  private final MemorySegment data;
  private final SafetensorsHeader header;

  /** Copies of tensors that cannot be used in place. */
  private final Map<String, MemorySegment> copies = new ConcurrentHashMap<>();

  private SafetensorsFile(Path path, Arena arena, MemorySegment data, SafetensorsHeader header) {
    this.path = path;
    this.arena = arena;
    this.data = data;
    this.header = header;
  }

  /**
   * Maps a file and checks its header.
   *
   * @throws InvalidFileException if it is missing or not a valid safetensors file
   */
  @SuppressWarnings("MustBeClosedChecker") // closed here on failure, else by the file's close()
  public static SafetensorsFile open(Path path) throws InvalidFileException {
    try (Opening opening = new Opening();
        FileChannel channel = channel(path)) {
      Arena arena = opening.add(Arena.ofShared());
      long size = channel.size();
      if (size == 0) {
        FileKind.refuse(path, "a safetensors file");
      }
      if (size < Long.BYTES) {
        throw new InvalidFileException(
            path,
            "the file has " + size + " bytes, too few for the 8-byte header length of safetensors");
      }
      MemorySegment file = channel.map(MapMode.READ_ONLY, 0, size, arena);
      long headerBytes = checkedHeaderLength(path, file);
      long dataBytes = size - Long.BYTES - headerBytes;
      SafetensorsHeader header =
          SafetensorsHeader.parse(
              path, stream(file.asSlice(Long.BYTES, headerBytes).asByteBuffer()), dataBytes);
      MemorySegment data = file.asSlice(Long.BYTES + headerBytes, dataBytes);
      return opening.done(new SafetensorsFile(path, arena, data, header));
    } catch (InvalidFileException e) {
      throw e;
    } catch (IOException e) {
      throw new InvalidFileException(path, "cannot be read: " + InvalidFileException.reason(e), e);
    }
  }

  private static FileChannel channel(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new InvalidFileException(path, "is a folder where a safetensors file is expected");
    }
    try {
      return FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new InvalidFileException(path, "no such file", e);
    }
  }

  private static long checkedHeaderLength(Path path, MemorySegment file)
      throws InvalidFileException {
    long length = file.get(LENGTH, 0);
    if (length < 0 || length > LONGEST_HEADER) {
      FileKind.refuse(path, "a safetensors file");
      throw new InvalidFileException(
          path,
          "claims a header of "
              + Long.toUnsignedString(length)
              + " bytes, more than the "
              + LONGEST_HEADER
              + " a safetensors file may have");
    }
    if (length > file.byteSize() - Long.BYTES) {
      throw new InvalidFileException(
          path,
          "claims a header of "
              + length
              + " bytes, but only "
              + (file.byteSize() - Long.BYTES)
              + " follow: it is truncated or not a safetensors file");
    }
    if (length == 0 || file.get(ValueLayout.JAVA_BYTE, Long.BYTES) != '{') {
      throw new InvalidFileException(
          path, "is not a safetensors file: its header does not start with '{'");
    }
    return length;
  }

  private static InputStream stream(ByteBuffer bytes) {
    return new InputStream() {
      @Override
      public int read() {
        return bytes.hasRemaining() ? bytes.get() & 0xFF : -1;
      }

      @Override
      public int read(byte[] target, int offset, int length) {
        if (!bytes.hasRemaining()) {
          return -1;
        }
        int n = Math.min(length, bytes.remaining());
        bytes.get(target, offset, n);
        return n;
      }
    };
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(header.entries().keySet());
  }

  /** The free-form strings under {@code __metadata__}; empty if there are none. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  /**
   * Type, shape and position of a tensor.
   *
   * @throws InvalidFileException if there is none with that name
   */
  public TensorEntry entry(String name) throws InvalidFileException {
    TensorEntry entry = header.entries().get(name);
    if (entry == null) {
      throw new InvalidFileException(
          path, "has no tensor " + quote(name) + " among its " + names().size());
    }
    return entry;
  }

  @Override
  public DType dtype(String name) throws InvalidFileException {
    StoredType type = stored(name);
    if (type.dtype() == null) {
      throw new InvalidFileException(
          path,
          "tensor " + quote(name) + " is " + type.name() + ", which nothing here computes with");
    }
    return type.dtype();
  }

  @Override
  public StoredType stored(String name) throws InvalidFileException {
    return entry(name).type();
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    return entry(name).shape();
  }

  /**
   * The bytes of a tensor in the mapped file, read-only, valid until {@link #close}.
   *
   * @throws InvalidFileException if there is none with that name
   */
  public MemorySegment bytes(String name) throws InvalidFileException {
    TensorEntry entry = entry(name);
    return data.asSlice(entry.begin(), entry.end() - entry.begin());
  }

  /**
   * {@inheritDoc}
   *
   * <p>FP8 values are widened to BF16, which represents all of them exactly. Old writers did not
   * align the data. Such tensors are copied once, to memory that lives as long as the file is open.
   */
  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    DType dtype = dtype(name);
    MemorySegment bytes = bytes(name);
    StoredType type = stored(name);
    if (Float8.isOne(type)) {
      MemorySegment narrow = bytes;
      bytes = copies.computeIfAbsent(name, _ -> Float8.widened(type, narrow, arena));
    } else if (bytes.address() % dtype.bytes() != 0) {
      MemorySegment unaligned = bytes;
      bytes =
          copies.computeIfAbsent(
              name,
              _ ->
                  arena
                      .allocate(Math.max(1, unaligned.byteSize()), 64)
                      .asSlice(0, unaligned.byteSize())
                      .copyFrom(unaligned));
    }
    return device.wrap(dtype, shape(name), bytes);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
