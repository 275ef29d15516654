package org.diffusionnft.weights.singlefile;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.RenamedTensors;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.singlefile.MmditKeyMap.Origin;

/**
 * The transformer of a single file under the names and shapes of diffusers. Queries, keys and
 * values are views of the rows of their {@code qkv}; the few modulations whose halves are in the
 * opposite order are copied.
 */
public final class MmditSingleFile extends RenamedTensors<Origin> {
  private final Arena arena;
  private final Map<String, MemorySegment> swapped = new HashMap<>();

  @SuppressWarnings("MustBeClosedChecker") // closed by close()
  public MmditSingleFile(TensorSource file) {
    super(file, MmditKeyMap.diffusersNames(file.names()));
    this.arena = Arena.ofShared();
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    Origin origin = origin(name);
    Shape shape = file.shape(origin.name());
    return switch (origin.part()) {
      case Q, K, V -> shape.with(0, parts(origin, shape, 3));
      default -> shape;
    };
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    Origin origin = origin(name);
    Tensor whole = file.tensor(origin.name(), device);
    return switch (origin.part()) {
      case WHOLE, SWAPPED_IN_LAST_BLOCK -> whole;
      case Q -> rows(origin, whole, 0);
      case K -> rows(origin, whole, 1);
      case V -> rows(origin, whole, 2);
      case SWAPPED -> device.wrap(whole.dtype(), whole.shape(), swapped(origin, whole));
    };
  }

  private Tensor rows(Origin origin, Tensor qkv, int index) throws InvalidFileException {
    long third = parts(origin, qkv.shape(), 3);
    return qkv.narrow(index * third, third);
  }

  private MemorySegment swapped(Origin origin, Tensor whole) throws InvalidFileException {
    parts(origin, whole.shape(), 2);
    MemorySegment known = swapped.get(origin.name());
    if (known != null) {
      return known;
    }
    long bytes = whole.bytes();
    long half = bytes / 2;
    MemorySegment shiftScale = whole.toHost(arena);
    MemorySegment scaleShift = arena.allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
    scaleShift.asSlice(0, half).copyFrom(shiftScale.asSlice(half, half));
    scaleShift.asSlice(half, half).copyFrom(shiftScale.asSlice(0, half));
    swapped.put(origin.name(), scaleShift);
    return scaleShift;
  }

  /** Number of rows of one of {@code count} equal parts. */
  private long parts(Origin origin, Shape shape, int count) throws InvalidFileException {
    if (shape.rank() == 0 || shape.dim(0) % count != 0) {
      throw new InvalidFileException(
          path(),
          "tensor "
              + quote(origin.name())
              + " has shape "
              + shape
              + ", whose rows cannot be divided into "
              + count);
    }
    return shape.dim(0) / count;
  }

  @Override
  public void close() {
    super.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
