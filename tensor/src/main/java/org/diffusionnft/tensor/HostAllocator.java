package org.diffusionnft.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.Map;

/** Off-heap memory for devices that compute in this process; 64-byte aligned for vector loads. */
public final class HostAllocator implements Memory.Allocator {
  private static final long ALIGNMENT = 64;
  private final Map<Storage, Arena> arenas = new IdentityHashMap<>();

  @Override
  @SuppressWarnings("MustBeClosedChecker") // closed by free, when the pool lets go of it
  public synchronized Storage allocate(long bytes) {
    Arena arena = Arena.ofShared();
    MemorySegment segment =
        NativeMemory.system()
            .map(memory -> memory.allocate(bytes, ALIGNMENT, arena))
            .orElseGet(() -> arena.allocate(bytes, ALIGNMENT));
    HostStorage storage = new HostStorage(segment);
    arenas.put(storage, arena);
    return storage;
  }

  @Override
  public synchronized void free(Storage storage) {
    Arena arena = arenas.remove(storage);
    if (arena != null) {
      arena.close();
    }
  }
}
