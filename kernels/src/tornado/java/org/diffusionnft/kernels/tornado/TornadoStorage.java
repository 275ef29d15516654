package org.diffusionnft.kernels.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.diffusionnft.tensor.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a tensor. Its first contents determine its location: F32, BF16 and F16 in the
 * device's memories, anything else (ids, masks, F64) on the host.
 */
final class TornadoStorage implements Storage {
  private final long bytes;
  private int floatsAt = -1;
  private int halvesAt = -1;
  private int halvesArray;
  private @Nullable Arena arena;
  private @Nullable MemorySegment host;

  TornadoStorage(long bytes) {
    this.bytes = bytes;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  /** Position among the floats. */
  int floats(DeviceMemory memory) {
    if (floatsAt < 0) {
      floatsAt = memory.takeFloats(bytes / 4);
    }
    return floatsAt;
  }

  /** Position in one of the arrays of halves. */
  int halves(DeviceMemory memory) {
    if (halvesAt < 0) {
      DeviceMemory.Place place = memory.takeHalves(bytes / 2);
      halvesArray = place.array();
      halvesAt = place.at();
    }
    return halvesAt;
  }

  /** Index of that array of halves. */
  int halvesArray() {
    return halvesArray;
  }

  /** The bytes on the host. */
  @SuppressWarnings("MustBeClosedChecker") // closed by release
  MemorySegment host() {
    MemorySegment segment = host;
    if (segment == null) {
      Arena opened = Arena.ofShared();
      segment = opened.allocate(bytes, 64);
      arena = opened;
      host = segment;
    }
    return segment;
  }

  /** Frees all of it. */
  void release(DeviceMemory memory) {
    memory.give(floatsAt, halvesArray, halvesAt, bytes);
    floatsAt = -1;
    halvesAt = -1;
    Arena opened = arena;
    if (opened != null) {
      opened.close();
      arena = null;
      host = null;
    }
  }
}
