package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HostAllocatorTest {
  private static final long[] SIZES = {64, 4096, 70_016, 3 << 20, Slab.MOST, Slab.MOST + 64};

  private final HostAllocator allocator = new HostAllocator();

  @Tag("slow")
  @Test
  void storagesAreAlignedAndKeepApart() {
    List<MemorySegment> all = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      for (long size : SIZES) {
        MemorySegment segment = take(size);
        assertEquals(size, segment.byteSize());
        assertEquals(0, segment.address() % 64);
        segment.fill((byte) all.size());
        all.add(segment);
      }
    }
    for (int i = 0; i < all.size(); i++) {
      MemorySegment segment = all.get(i);
      byte expected = (byte) i;
      assertEquals(expected, segment.get(ValueLayout.JAVA_BYTE, 0));
      assertEquals(expected, segment.get(ValueLayout.JAVA_BYTE, segment.byteSize() - 1));
    }
  }

  @Test
  void whatIsFreedLeavesItsNeighboursAlone() {
    Storage first = allocator.allocate(1 << 20);
    Storage second = allocator.allocate(1 << 20);
    Storage third = allocator.allocate(1 << 20);
    segment(first).fill((byte) 1);
    segment(second).fill((byte) 2);
    segment(third).fill((byte) 3);
    allocator.free(second);
    assertEquals(-1, segment(first).mismatch(filled(1)));
    assertEquals(-1, segment(third).mismatch(filled(3)));
    allocator.free(first);
    assertTrue(segment(third).scope().isAlive());
    allocator.free(third);
    assertFalse(segment(third).scope().isAlive(), "the slab goes with its last storage");
    assertThrows(IllegalStateException.class, () -> segment(third).fill((byte) 0));
    assertEquals(64, take(64).byteSize(), "there is a new one");
  }

  private MemorySegment take(long bytes) {
    return segment(allocator.allocate(bytes));
  }

  private static MemorySegment segment(Storage storage) {
    return ((HostStorage) storage).segment();
  }

  private static MemorySegment filled(int value) {
    byte[] bytes = new byte[1 << 20];
    Arrays.fill(bytes, (byte) value);
    return MemorySegment.ofArray(bytes);
  }
}
