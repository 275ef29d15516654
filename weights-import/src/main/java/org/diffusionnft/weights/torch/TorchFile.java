package org.diffusionnft.weights.torch;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.torch.TorchPickle.TensorRef;

/**
 * The tensors of a file that {@code torch.save} has written since PyTorch 1.6: an archive with a
 * pickle that says where they are. Tensors are copied from it when they are first asked for. No
 * code of the pickle is run: see {@link TorchPickle}.
 */
final class TorchFile implements TensorSource {
  private static final long LARGEST_PICKLE = 64L << 20;
  private static final String PICKLE = "/data.pkl";

  private static final Map<String, DType> TYPES =
      Map.of(
          "FloatStorage", DType.F32,
          "HalfStorage", DType.F16,
          "BFloat16Storage", DType.BF16,
          "LongStorage", DType.I64);

  private final Path path;
  private final ZipFile archive;
  private final String folder;
  private final Map<String, TensorRef> tensors;
  private final Arena arena = Arena.ofShared();

  /** By name: one that is asked for in parts, as queries, keys and values are, is read once. */
  private final Map<String, MemorySegment> copies = new HashMap<>();

  private TorchFile(Path path, ZipFile archive, String folder, Map<String, TensorRef> tensors) {
    this.path = path;
    this.archive = archive;
    this.folder = folder;
    this.tensors = tensors;
  }

  /**
   * Opens a file.
   *
   * @throws InvalidFileException if it is missing or not such a file
   */
  static TorchFile open(Path path) throws InvalidFileException {
    if (!Files.exists(path)) {
      throw new InvalidFileException(path, "no such file");
    }
    try {
      ZipFile archive = new ZipFile(path.toFile());
      boolean opened = false;
      try {
        ZipEntry pickle =
            archive.stream()
                .filter(e -> e.getName().endsWith(PICKLE))
                .findFirst()
                .orElseThrow(() -> new InvalidFileException(path, "has no data.pkl inside"));
        if (pickle.getSize() > LARGEST_PICKLE) {
          throw new InvalidFileException(path, "has a data.pkl of " + pickle.getSize() + " bytes");
        }
        String name = pickle.getName();
        String folder = name.substring(0, name.length() - PICKLE.length());
        Map<String, TensorRef> tensors;
        try (InputStream in = archive.getInputStream(pickle)) {
          tensors = TorchPickle.tensors(TorchPickle.read(in.readAllBytes()));
        }
        if (tensors.isEmpty()) {
          throw new InvalidFileException(path, "holds no tensors by name");
        }
        TorchFile file = new TorchFile(path, archive, folder, tensors);
        opened = true;
        return file;
      } finally {
        if (!opened) {
          archive.close();
        }
      }
    } catch (InvalidFileException e) {
      throw e;
    } catch (ZipException e) {
      throw new InvalidFileException(
          path, "is not a file of torch.save since PyTorch 1.6: save it again as safetensors", e);
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(path, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new InvalidFileException(path, "cannot be read: " + InvalidFileException.reason(e), e);
    }
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public DType dtype(String name) throws InvalidFileException {
    String type = ref(name).storage().type();
    DType dtype = TYPES.get(type);
    if (dtype == null) {
      throw new InvalidFileException(
          path, "tensor " + quote(name) + " is a " + quote(type) + ", which is not supported");
    }
    return dtype;
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    long[] dims = longs(ref(name).sizes());
    for (long dim : dims) {
      if (dim < 0) {
        throw new InvalidFileException(path, "tensor " + quote(name) + " has a negative size");
      }
    }
    return Shape.of(dims);
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    TensorRef ref = ref(name);
    Shape shape = shape(name);
    DType dtype = dtype(name);
    if (!isContiguous(longs(ref.sizes()), longs(ref.strides()))) {
      throw new InvalidFileException(
          path, "tensor " + quote(name) + " is not contiguous: save the file again as safetensors");
    }
    ZipEntry entry = archive.getEntry(folder + "/data/" + ref.storage().key());
    long start = ref.offset() * dtype.bytes();
    long bytes = shape.elements() * dtype.bytes();
    if (entry == null || start < 0 || start + bytes > entry.getSize()) {
      throw new InvalidFileException(
          path, "lacks bytes of tensor " + quote(name) + ": the file is damaged");
    }
    MemorySegment memory = copies.get(name);
    if (memory == null) {
      memory = copy(name, entry, start, bytes);
      copies.put(name, memory);
    }
    return device.wrap(dtype, shape, memory);
  }

  private MemorySegment copy(String name, ZipEntry entry, long start, long bytes)
      throws InvalidFileException {
    MemorySegment memory = arena.allocate(Math.max(bytes, 1), 64);
    try (InputStream in = archive.getInputStream(entry)) {
      in.skipNBytes(start);
      byte[] part = new byte[1 << 20];
      for (long at = 0; at < bytes; ) {
        int count = in.readNBytes(part, 0, (int) Math.min(part.length, bytes - at));
        if (count == 0) {
          throw new InvalidFileException(path, "ends inside tensor " + quote(name));
        }
        MemorySegment.copy(MemorySegment.ofArray(part), 0, memory, at, count);
        at += count;
      }
    } catch (InvalidFileException e) {
      throw e;
    } catch (IOException e) {
      throw new InvalidFileException(path, "cannot be read: " + InvalidFileException.reason(e), e);
    }
    return memory.asSlice(0, bytes);
  }

  private static boolean isContiguous(long[] sizes, long[] strides) {
    long expected = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      if (sizes[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= sizes[i];
    }
    return true;
  }

  private static long[] longs(List<?> numbers) {
    List<Long> all = new ArrayList<>();
    for (Object number : numbers) {
      all.add((Long) number);
    }
    return all.stream().mapToLong(Long::longValue).toArray();
  }

  private TensorRef ref(String name) throws InvalidFileException {
    TensorRef ref = tensors.get(name);
    if (ref == null) {
      throw new InvalidFileException(path, "has no tensor " + quote(name));
    }
    return ref;
  }

  @Override
  public void close() {
    try {
      archive.close();
    } catch (IOException _) {
      // it was only read
    }
    arena.close();
  }
}
