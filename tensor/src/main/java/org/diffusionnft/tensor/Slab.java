package org.diffusionnft.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A large block that storages are cut from, one behind the other. Tensors of a few megabytes are
 * too small for huge pages of their own, and without them the processor spends a quarter of a small
 * model's time on translating addresses.
 */
final class Slab {
  /** Bytes of a slab; huge pages that are never touched cost nothing. */
  static final long BYTES = 64 << 20;

  /** Most bytes of a storage in a slab: what is lost at a slab's end is less. */
  static final long MOST = BYTES / 4;

  private final NativeMemory memory;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment block;
  private long used;
  private int live;

  Slab(NativeMemory memory) {
    this.memory = memory;
    this.block = memory.allocate(BYTES, HostAllocator.ALIGNMENT, arena);
  }

  boolean hasRoomFor(long bytes) {
    return bytes <= BYTES - used;
  }

  MemorySegment take(long bytes) {
    MemorySegment part = block.asSlice(used, bytes);
    used += bytes + Math.floorMod(-bytes, HostAllocator.ALIGNMENT);
    live++;
    return part;
  }

  /** Gives a part's pages back; the addresses go with the last part. */
  void release(MemorySegment part) {
    live--;
    if (live == 0) {
      arena.close();
    } else {
      memory.forget(part);
    }
  }

  boolean isClosed() {
    return !arena.scope().isAlive();
  }
}
