package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Storage;

/** Shares the device's two memories out among tensors. */
final class DeviceMemory implements Memory.Allocator {
  private final Ranges floats;
  private final Ranges halves;
  private final long size;
  private final long halfSize;
  private Runnable makeRoom = () -> {};

  /** Memories of so many elements; the first floats are the tables. */
  DeviceMemory(int floats, int halves) {
    this.floats = new Ranges(Halves.TABLE + Angles.TABLE, floats);
    this.halves = new Ranges(0, halves);
    this.size = 4L * floats;
    this.halfSize = 2L * halves;
  }

  /** What gives pooled memory back when a tensor finds no place. */
  void whenShort(Runnable action) {
    makeRoom = action;
  }

  @Override
  public Storage allocate(long bytes) {
    return new TornadoStorage(bytes);
  }

  @Override
  public void free(Storage storage) {
    ((TornadoStorage) storage).release(this);
  }

  int takeFloats(long elements) {
    return take(floats, elements, 4, size);
  }

  int takeHalves(long elements) {
    return take(halves, elements, 2, halfSize);
  }

  private int take(Ranges ranges, long elements, int bytesEach, long all) {
    int at = ranges.take(elements);
    if (at < 0) {
      makeRoom.run();
      at = ranges.take(elements);
    }
    if (at < 0) {
      long asked = elements * bytesEach;
      long left = ranges.left() * bytesEach;
      // With enough left, though in pieces, room for one more of this size helps.
      long needed = left < asked ? all - left + asked : all + asked;
      throw new IllegalArgumentException(
          "the device's memory is too small: of its %d MiB for %s all but %d MiB are in use, and to go on at least %d MiB are needed; give it more with --device-memory %d, or use smaller batches"
              .formatted(
                  all >> 20,
                  bytesEach == 4 ? "F32" : "BF16 and F16",
                  left >> 20,
                  mebibytes(needed),
                  mebibytes(needed) * 4 / bytesEach));
    }
    return at;
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  void give(int floatsAt, int halvesAt, long bytes) {
    if (floatsAt >= 0) {
      floats.give(floatsAt, bytes / 4);
    }
    if (halvesAt >= 0) {
      halves.give(halvesAt, bytes / 2);
    }
  }
}
