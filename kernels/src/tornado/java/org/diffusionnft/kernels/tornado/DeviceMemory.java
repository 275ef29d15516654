package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Storage;

/** Shares the device's two memories out among tensors. */
final class DeviceMemory implements Memory.Allocator {
  private final Ranges floats;
  private final Ranges halves;
  private final long size;
  private Runnable makeRoom = () -> {};

  /** Memories of so many elements; the first floats are the tables. */
  DeviceMemory(int floats, int halves) {
    this.floats = new Ranges(Halves.TABLE + Angles.TABLE, floats);
    this.halves = new Ranges(0, halves);
    this.size = 4L * floats;
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
    int at = floats.take(elements);
    if (at < 0) {
      makeRoom.run();
      at = floats.take(elements);
    }
    return taken(at, 4 * elements, 4 * floats.left());
  }

  int takeHalves(long elements) {
    int at = halves.take(elements);
    if (at < 0) {
      makeRoom.run();
      at = halves.take(elements);
    }
    return taken(at, 2 * elements, 2 * halves.left());
  }

  private int taken(int at, long bytes, long left) {
    if (at < 0) {
      throw new IllegalArgumentException(
          "the device's memory is too small: %d MiB more are needed and %d MiB of its %d MiB are free; give it more with --device-memory MIB, or use smaller batches"
              .formatted(mebibytes(bytes), left >> 20, size >> 20));
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
