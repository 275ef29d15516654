package org.diffusionnft.weights.torch;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.StoredType;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.FileKind;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.torch.TorchPickle.TensorRef;

/**
 * The tensors of a file written by {@code torch.save} since PyTorch 1.6: an archive with a pickle
 * that locates them. Tensors are copied from it on first use. No code of the pickle is run: see
 * {@link TorchPickle}.
 */
final class TorchFile implements TensorSource {
  private static final long LARGEST_PICKLE = 64L << 20;
  private static final String PICKLE = "/data.pkl";
  private static final String BYTE_ORDER = "/byteorder";
  private static final int LONGEST_ORDER = 16;

  private static final Map<String, DType> TYPES =
      Map.of(
          "DoubleStorage", DType.F64,
          "FloatStorage", DType.F32,
          "HalfStorage", DType.F16,
          "BFloat16Storage", DType.BF16,
          "LongStorage", DType.I64,
          "IntStorage", DType.I32,
          "ShortStorage", DType.I16,
          "CharStorage", DType.I8,
          "ByteStorage", DType.U8,
          "BoolStorage", DType.BOOL);

  private final Path path;
  private final ZipFile archive;
  private final String folder;
  private final Map<String, TensorRef> tensors;
  private final Arena arena = Arena.ofShared();

  /**
   * Cached by storage, so that one shared by several tensors, or read in parts, is read only once.
   */
  private final Map<String, MemorySegment> storages = new HashMap<>();

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
      try (Opening opening = new Opening()) {
        ZipFile archive = opening.add(new ZipFile(path.toFile()));
        requireStored(path, archive);
        ZipEntry pickle = pickle(path, archive);
        if (pickle.getSize() > LARGEST_PICKLE) {
          throw new InvalidFileException(path, "has a data.pkl of " + pickle.getSize() + " bytes");
        }
        String name = pickle.getName();
        String folder = name.substring(0, name.length() - PICKLE.length());
        requireLittleEndian(path, archive, folder);
        Map<String, TensorRef> tensors;
        try (InputStream in = archive.getInputStream(pickle)) {
          byte[] bytes = in.readNBytes((int) pickle.getSize());
          tensors = TorchPickle.tensors(TorchPickle.read(bytes));
        }
        if (tensors.isEmpty()) {
          throw new InvalidFileException(
              path,
              "holds no tensors by name, neither in its dictionary nor in the 'state_dict' of that:"
                  + " save the state_dict of the model itself");
        }
        TorchFile file = new TorchFile(path, archive, folder, tensors);
        for (String tensor : tensors.keySet()) {
          file.requirePlain(tensor);
          file.requireInside(tensor);
        }
        return opening.done(file);
      }
    } catch (InvalidFileException e) {
      throw e;
    } catch (ZipException e) {
      if (FileKind.of(path) != FileKind.ZIP) {
        FileKind.refuse(path, "a file of torch.save since PyTorch 1.6");
      }
      throw new InvalidFileException(
          path, "is not a file of torch.save since PyTorch 1.6: save it again as safetensors", e);
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(path, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new InvalidFileException(path, "cannot be read: " + InvalidFileException.reason(e), e);
    }
  }

  private static ZipEntry pickle(Path path, ZipFile archive) throws InvalidFileException {
    List<? extends ZipEntry> pickles =
        archive.stream().filter(e -> e.getName().endsWith(PICKLE)).toList();
    if (pickles.size() > 1) {
      throw new InvalidFileException(
          path,
          "has two pickles inside, %s and %s, where one is expected: save it as safetensors"
              .formatted(quote(pickles.get(0).getName()), quote(pickles.get(1).getName())));
    }
    if (pickles.isEmpty()) {
      throw new InvalidFileException(path, "has no data.pkl inside");
    }
    return pickles.getFirst();
  }

  /** Files state their byte order since PyTorch 2.1; older ones are little-endian. */
  private static void requireLittleEndian(Path path, ZipFile archive, String folder)
      throws IOException {
    ZipEntry entry = archive.getEntry(folder + BYTE_ORDER);
    if (entry != null) {
      try (InputStream in = archive.getInputStream(entry)) {
        String order = new String(in.readNBytes(LONGEST_ORDER), StandardCharsets.UTF_8);
        if (!order.equals("little")) {
          throw new InvalidFileException(
              path,
              "has numbers in the byte order "
                  + quote(order)
                  + ", but only 'little' is supported: save it as safetensors");
        }
      }
    }
  }

  /** Checks that a tensor's values are those in its storage. */
  private void requirePlain(String name) throws InvalidFileException {
    Set<String> metadata = ref(name).metadata();
    if (!metadata.isEmpty()) {
      throw new InvalidFileException(
          path,
          ("stores tensor %s with %s, so that its numbers are others than those stored: call"
                  + " resolve_neg() or resolve_conj() on it and save it again")
              .formatted(quote(name), quote(metadata.toString())));
    }
  }

  /**
   * PyTorch never compresses. Compressed entries could expand without limit, overlapping entries
   * could be read repeatedly, and readers differ in which of two entries with the same name they
   * use.
   */
  private static void requireStored(Path path, ZipFile archive) throws IOException {
    long room = Files.size(path);
    Set<String> names = new HashSet<>();
    for (ZipEntry entry : Collections.list(archive.entries())) {
      if (!names.add(entry.getName())) {
        throw new InvalidFileException(
            path, "has two entries named " + quote(entry.getName()) + ": it is damaged");
      }
      long bytes = entry.getSize();
      if (entry.getMethod() != ZipEntry.STORED || bytes != entry.getCompressedSize()) {
        throw new InvalidFileException(
            path, "is compressed, which files of torch.save never are: save it as safetensors");
      }
      if (bytes < 0 || bytes > room) {
        throw new InvalidFileException(path, "claims more bytes inside than it has: it is damaged");
      }
      room -= bytes;
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
    StoredType type = stored(name);
    if (type.dtype() == null) {
      throw new InvalidFileException(
          path,
          "tensor " + quote(name) + " is a " + quote(type.name()) + ", which is not supported");
    }
    return type.dtype();
  }

  @Override
  public StoredType stored(String name) throws InvalidFileException {
    String type = ref(name).storage().type();
    DType dtype = TYPES.get(type);
    return dtype == null ? new StoredType(type, 0, null) : StoredType.of(dtype);
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    try {
      return Shape.of(ref(name).sizes());
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(
          path, "tensor " + quote(name) + " has an impossible size: " + e.getMessage(), e);
    }
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    TensorRef ref = ref(name);
    Shape shape = shape(name);
    DType dtype = dtype(name);
    if (ref.sizes().length != ref.strides().length) {
      throw new InvalidFileException(
          path,
          "tensor %s has %d sizes but strides for %d of them, where one for each is expected: the file is damaged or was not written by PyTorch; load it in Python and save it as safetensors"
              .formatted(quote(name), ref.sizes().length, ref.strides().length));
    }
    if (shape.elements() > 0 && !isContiguous(ref.sizes(), ref.strides())) {
      throw new InvalidFileException(
          path, "tensor " + quote(name) + " is not contiguous: save the file again as safetensors");
    }
    MemorySegment storage = storage(name, ref.storage().key());
    long start = ref.offset() * dtype.bytes();
    return device.wrap(dtype, shape, storage.asSlice(start, shape.elements() * dtype.bytes()));
  }

  /** Checks that a tensor is within its storage; an unknown type counts as one byte per element. */
  private void requireInside(String name) throws InvalidFileException {
    TensorRef ref = ref(name);
    long bytes = Math.max(1, stored(name).bits() / Byte.SIZE);
    long room = entry(name, ref.storage().key()).getSize() / bytes;
    long elements = shape(name).elements();
    if (ref.offset() < 0 || ref.offset() > room || elements > room - ref.offset()) {
      throw new InvalidFileException(
          path, "lacks bytes of tensor " + quote(name) + ": the file is damaged");
    }
  }

  private ZipEntry entry(String name, String key) throws InvalidFileException {
    ZipEntry entry = archive.getEntry(folder + "/data/" + key);
    if (entry == null) {
      throw new InvalidFileException(
          path, "lacks the bytes of tensor " + quote(name) + ": the file is damaged");
    }
    return entry;
  }

  private synchronized MemorySegment storage(String name, String key) throws InvalidFileException {
    MemorySegment known = storages.get(key);
    if (known != null) {
      return known;
    }
    MemorySegment storage = copy(name, entry(name, key));
    storages.put(key, storage);
    return storage;
  }

  private MemorySegment copy(String name, ZipEntry entry) throws InvalidFileException {
    long bytes = entry.getSize();
    MemorySegment memory = arena.allocate(Math.max(bytes, 1), 64);
    try (InputStream in = archive.getInputStream(entry)) {
      byte[] part = new byte[(int) Math.min(1 << 20, bytes)];
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
