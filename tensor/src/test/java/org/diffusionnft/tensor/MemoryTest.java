package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MemoryTest {
  private final Memory memory = new Memory(new HostAllocator());

  @AfterEach
  void close() {
    memory.close();
    assertEquals(0, memory.reservedBytes());
  }

  @Test
  void aScopeReturnsWhatItTookAndTheNextReusesIt() {
    Storage first;
    try (var _ = memory.scope()) {
      first = memory.take(1000);
      assertTrue(memory.liveBytes() >= 1000);
    }
    assertEquals(0, memory.liveBytes());
    try (var _ = memory.scope()) {
      assertSame(first, memory.take(1000));
    }
  }

  @Test
  void keptStorageMovesOneScopeOut() {
    try (var _ = memory.scope()) {
      Storage kept;
      try (var _ = memory.scope()) {
        kept = memory.take(64);
        memory.take(64);
        memory.keep(kept);
      }
      assertEquals(64, memory.liveBytes());
    }
    assertEquals(0, memory.liveBytes());
  }

  @Test
  void storageKeptForeverOutlivesAllScopes() {
    Storage kept;
    try (var _ = memory.scope()) {
      try (var _ = memory.scope()) {
        kept = memory.take(64);
        memory.keepForever(kept);
      }
    }
    assertEquals(64, memory.liveBytes());
    memory.release(kept);
    assertEquals(0, memory.liveBytes());
  }

  @Test
  void aLeakIsReportedAsOftenAsItIsLookedFor() {
    memory.requireNoLeak("nothing", 0);
    Storage left = memory.take(64);
    for (int i = 0; i < 2; i++) {
      var leak = assertThrows(IllegalStateException.class, () -> memory.requireNoLeak("a step", 0));
      assertEquals("a step left 64 bytes behind", leak.getMessage());
    }
    memory.requireNoLeak("a step that knew of them", 64);
    memory.release(left);
    assertThrows(IllegalStateException.class, () -> memory.requireNoLeak("a step", 64));
  }

  @Test
  void releasingTwiceIsHarmless() {
    Storage storage = memory.take(64);
    memory.release(storage);
    memory.release(storage);
    assertEquals(0, memory.liveBytes());
  }

  @Test
  void scopesCloseInnermostFirst() {
    var outer = memory.scope();
    var inner = memory.scope();
    assertThrows(IllegalStateException.class, outer::close);
    inner.close();
    outer.close();
  }

  @Tag("slow")
  @Test
  void roundingWastesAtMostAnEighth() {
    for (long bytes = 4096; bytes < 1 << 22; bytes += 777) {
      Storage storage = memory.take(bytes);
      assertTrue(storage.bytes() >= bytes && storage.bytes() <= bytes + bytes / 8 + 64);
      memory.release(storage);
      memory.trim();
    }
  }

  @Test
  void scopesOfTwoThreadsWaitForEachOther() throws Exception {
    CountDownLatch opened = new CountDownLatch(1);
    AtomicReference<Storage> theirs = new AtomicReference<>();
    Thread other =
        new Thread(
            () -> {
              opened.countDown();
              try (var _ = memory.scope()) {
                theirs.set(memory.take(64));
              }
            });
    Storage mine;
    try (var scope = memory.scope()) {
      other.start();
      opened.await();
      other.join(100);
      assertNull(theirs.get(), "a scope was opened inside another thread's");
      mine = memory.take(64);
      assertTrue(scope.owns(mine));
    }
    other.join();
    assertSame(mine, theirs.get());
    assertEquals(0, memory.liveBytes());
  }

  @Test
  void aThreadWithoutAScopeTakesNothingFromAnothersScope() throws Exception {
    try (var scope = memory.scope()) {
      String message = failureOf(() -> memory.take(64));
      assertTrue(message.contains("has a scope open on"), message);
      message = failureOf(scope::close);
      assertEquals("a scope must be closed by the thread that opened it", message);
    }
    assertEquals("", failureOf(() -> memory.release(memory.take(64))));
  }

  @Test
  void aClosedDeviceSaysSo() {
    memory.close();
    assertEquals(
        "the device is closed",
        assertThrows(IllegalStateException.class, () -> memory.take(1)).getMessage());
    assertEquals(
        "the device is closed",
        assertThrows(IllegalStateException.class, memory::scope).getMessage());
  }

  /** What another thread is told that does this, or an empty string. */
  private static String failureOf(Runnable work) throws InterruptedException {
    AtomicReference<String> message = new AtomicReference<>("");
    Thread other =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IllegalStateException e) {
                message.set(String.valueOf(e.getMessage()));
              }
            });
    other.start();
    other.join();
    return message.get();
  }
}
