package org.diffusionnft.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Working memory of one thread: buffers that grow on demand and are reused by the next kernel. */
final class Scratch implements AutoCloseable {
  private static final int SLOTS = 8;
  private static final int SLOT_TILE = 0;
  private static final long ALIGNMENT = 64;
  private final Arena[] arenas = new Arena[SLOTS];
  private final MemorySegment[] buffers = new MemorySegment[SLOTS];

  Scratch() {
    for (int i = 0; i < SLOTS; i++) {
      grow(i, 4096);
    }
  }

  /**
   * Address of a buffer of at least {@code floats} floats, contents undefined, aligned for vectors.
   *
   * @param slot which buffer, from 1
   */
  long floats(int slot, long floats) {
    if (buffers[slot].byteSize() < 4 * floats) {
      arenas[slot].close();
      grow(slot, Math.max(4 * floats, buffers[slot].byteSize() * 3 / 2));
    }
    return buffers[slot].address();
  }

  /** Memory for a tile at the edge of a product; every kernel may use it. */
  long tile() {
    return floats(SLOT_TILE, Block.TILE_FLOATS + Transposition.WORK_FLOATS);
  }

  /** Memory that {@link Transposition} works in. */
  long work() {
    return tile() + 4L * Block.TILE_FLOATS;
  }

  @SuppressWarnings("MustBeClosedChecker") // closed when outgrown, or by close
  private void grow(int slot, long bytes) {
    arenas[slot] = Arena.ofShared();
    buffers[slot] = arenas[slot].allocate(bytes, ALIGNMENT);
  }

  @Override
  public void close() {
    for (Arena arena : arenas) {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    }
  }
}
