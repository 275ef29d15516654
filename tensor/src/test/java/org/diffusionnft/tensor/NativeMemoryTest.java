package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeMemoryTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 64, 4095, (4 << 20) - 1, 4 << 20, (6 << 20) + 12345})
  void blocksAreAlignedWholeAndGoWithTheirArena(long bytes) {
    MemorySegment block;
    try (Arena arena = Arena.ofShared()) {
      block = NativeMemory.system().orElseThrow().allocate(bytes, 64, arena);
      assertEquals(bytes, block.byteSize());
      assertEquals(0, block.address() % 64);
      block.fill((byte) 7);
      assertEquals(-1, block.mismatch(arena.allocate(bytes).fill((byte) 7)));
    }
    assertFalse(block.scope().isAlive());
  }
}
