package org.diffusionnft.kernels.tornado;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Storage;
import org.jspecify.annotations.Nullable;

/** Allocates tensors in the device's memories: one for F32, several for BF16 and F16. */
final class DeviceMemory implements Memory.Allocator {
  /** Maximum number of elements of a small tensor. */
  private static final int SMALL = 1 << 15;

  private final Ranges floats;
  private final List<Ranges> halves;
  private final long size;
  private final long halfSize;
  private Runnable makeRoom = () -> {};

  /** The location of a half-precision tensor: its array and first element. */
  record Place(int array, int at) {}

  /**
   * Memories of these sizes.
   *
   * @param floats elements of the memory for F32; the tables occupy the first of them
   * @param halves elements of each array of halves
   */
  DeviceMemory(int floats, int[] halves) {
    this.floats = new Ranges(Halves.TABLE + Angles.TABLE, floats);
    this.halves = Arrays.stream(halves).mapToObj(n -> new Ranges(0, n)).toList();
    this.size = 4L * floats;
    this.halfSize = 2 * Arrays.stream(halves).asLongStream().sum();
  }

  /** Sets the action that frees pooled memory when a tensor does not fit. */
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
    return take(List.of(floats), elements, 4, size).at();
  }

  Place takeHalves(long elements) {
    return take(halves, elements, 2, halfSize);
  }

  private Place take(List<Ranges> arrays, long elements, int bytesEach, long all) {
    Place place = find(arrays, elements);
    if (place == null) {
      makeRoom.run();
      place = find(arrays, elements);
    }
    if (place == null) {
      long asked = elements * bytesEach;
      long left = arrays.stream().mapToLong(Ranges::left).sum() * bytesEach;
      long most = arrays.stream().mapToLong(Ranges::left).max().orElse(0) * bytesEach;
      // All arrays grow equally. If enough is free but fragmented, space for one more tensor of
      // this size is enough.
      long needed = all + arrays.size() * (most < asked ? asked - most : asked);
      throw tooSmall(all, left, needed, bytesEach);
    }
    return place;
  }

  /** Rejects sizes that do not fit even without fragmentation. */
  void requireRoom(long floatBytes, long halfBytes) {
    makeRoom.run();
    requireRoom(List.of(floats), floatBytes, 4, size);
    requireRoom(halves, halfBytes, 2, halfSize);
  }

  private static void requireRoom(List<Ranges> arrays, long asked, int bytesEach, long all) {
    long left = arrays.stream().mapToLong(Ranges::left).sum() * bytesEach;
    if (asked > left) {
      throw tooSmall(all, left, all - left + asked, bytesEach);
    }
  }

  private static InvalidInputException tooSmall(long all, long left, long needed, int bytesEach) {
    return new InvalidInputException(
        "the device's memory is too small: of its %d MiB for %s all but %d MiB are in use, and to go on at least %d MiB are needed; give it more with --device-memory %d, or use smaller batches"
            .formatted(
                all >> 20,
                bytesEach == 4 ? "F32" : "BF16 and F16",
                left >> 20,
                mebibytes(needed),
                mebibytes(needed)));
  }

  /**
   * Large tensors fill the arrays one after the other, which keeps free ranges large; small ones go
   * to the array with the most free space, so that all arrays are used, and tested, whatever the
   * memory's size.
   */
  private static @Nullable Place find(List<Ranges> arrays, long elements) {
    Comparator<Integer> order =
        elements <= SMALL
            ? Comparator.comparingLong(array -> -arrays.get(array).left())
            : Comparator.naturalOrder();
    return IntStream.range(0, arrays.size())
        .boxed()
        .sorted(order)
        .map(array -> new Place(array, arrays.get(array).take(elements)))
        .filter(place -> place.at() >= 0)
        .findFirst()
        .orElse(null);
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  void give(int floatsAt, int halvesArray, int halvesAt, long bytes) {
    if (floatsAt >= 0) {
      floats.give(floatsAt, bytes / 4);
    }
    if (halvesAt >= 0) {
      halves.get(halvesArray).give(halvesAt, bytes / 2);
    }
  }
}
