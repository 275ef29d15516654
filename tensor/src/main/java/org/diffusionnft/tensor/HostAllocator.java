package org.diffusionnft.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Off-heap memory for devices that compute in this process; 64-byte aligned for vector loads. */
public final class HostAllocator implements Memory.Allocator {
  static final long ALIGNMENT = 64;

  /** Frees each storage's memory. */
  private final Map<Storage, Runnable> releases = new IdentityHashMap<>();

  private @Nullable Slab slab;

  @Override
  public synchronized Storage allocate(long bytes) {
    NativeMemory memory = NativeMemory.system().orElse(null);
    return memory != null && bytes <= Slab.MOST ? inSlab(memory, bytes) : alone(memory, bytes);
  }

  private Storage inSlab(NativeMemory memory, long bytes) {
    Slab from = slab;
    if (from == null || from.isClosed() || !from.hasRoomFor(bytes)) {
      from = new Slab(memory);
      slab = from;
    }
    Slab home = from;
    MemorySegment part = home.take(bytes);
    return held(part, () -> home.release(part));
  }

  @SuppressWarnings("MustBeClosedChecker") // closed by free, when the pool releases it
  private Storage alone(@Nullable NativeMemory memory, long bytes) {
    Arena arena = Arena.ofShared();
    MemorySegment block =
        memory == null
            ? arena.allocate(bytes, ALIGNMENT)
            : memory.allocate(bytes, ALIGNMENT, arena);
    return held(block, arena::close);
  }

  private Storage held(MemorySegment segment, Runnable release) {
    Storage storage = new HostStorage(segment);
    releases.put(storage, release);
    return storage;
  }

  @Override
  public synchronized void free(Storage storage) {
    Runnable release = releases.remove(storage);
    if (release != null) {
      release.run();
    }
  }
}
