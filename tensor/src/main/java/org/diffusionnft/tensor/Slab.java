package org.diffusionnft.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A large block from which storages are cut consecutively. Tensors of a few megabytes are too small
 * for huge pages of their own, and without huge pages TLB misses take a quarter of a small model's
 * time.
 */
final class Slab {
  /** Size of a slab; huge pages that are never touched cost nothing. */
  static final long BYTES = 64 << 20;

  /** Largest storage in a slab; less than this is wasted at a slab's end. */
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

  /** Returns a part's pages; the address range is freed with the last part. */
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
