package org.diffusionnft.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memory from the C library, contents undefined.
 *
 * <p>An {@link Arena} zeroes its memory on the allocating thread. Here pages are first touched by
 * the kernel that fills them, on all its threads. Large blocks ask Linux for huge pages: one page
 * fault instead of 512, and fewer TLB misses later.
 */
final class NativeMemory {
  private static final long HUGE_PAGE = 2 << 20;

  /** Linux's value, the same on all architectures that Java runs on. */
  private static final int MADV_HUGEPAGE = 14;

  private static final int MADV_DONTNEED = 4;

  /** The largest page size where Java runs, apart from huge pages. */
  private static final long PAGE = 64 << 10;

  private static final @Nullable NativeMemory SYSTEM = load();

  private final MethodHandle malloc;
  private final MethodHandle free;
  private final @Nullable MethodHandle madvise;

  private NativeMemory(MethodHandle malloc, MethodHandle free, @Nullable MethodHandle madvise) {
    this.malloc = malloc;
    this.free = free;
    this.madvise = madvise;
  }

  /** The C library's memory, or empty where native calls are not allowed. */
  static Optional<NativeMemory> system() {
    return Optional.ofNullable(SYSTEM);
  }

  private static @Nullable NativeMemory load() {
    try {
      Linker linker = Linker.nativeLinker();
      SymbolLookup library = linker.defaultLookup();
      MethodHandle malloc =
          linker.downcallHandle(
              library.findOrThrow("malloc"),
              FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
      MethodHandle free =
          linker.downcallHandle(
              library.findOrThrow("free"), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
      boolean linux = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux");
      MethodHandle madvise =
          linux
              ? library
                  .find("madvise")
                  .map(
                      address ->
                          linker.downcallHandle(
                              address,
                              FunctionDescriptor.of(
                                  ValueLayout.JAVA_INT,
                                  ValueLayout.ADDRESS,
                                  ValueLayout.JAVA_LONG,
                                  ValueLayout.JAVA_INT)))
                  .orElse(null)
              : null;
      return new NativeMemory(malloc, free, madvise);
    } catch (IllegalCallerException | UnsupportedOperationException | NoSuchElementException e) {
      return null;
    }
  }

  /**
   * A block that lives as long as the arena.
   *
   * @param alignment a power of two
   * @throws OutOfMemoryError if the system has no more
   */
  MemorySegment allocate(long bytes, long alignment, Arena arena) {
    boolean huge = bytes >= 2 * HUGE_PAGE;
    long boundary = huge ? HUGE_PAGE : alignment;
    MemorySegment block = take(bytes + boundary);
    long offset = Math.floorMod(-block.address(), boundary);
    MemorySegment all = block.reinterpret(bytes + boundary, arena, this::release);
    MemorySegment segment = all.asSlice(offset, bytes);
    if (huge) {
      // Whole huge pages only, so that no block occupies more memory than it was given.
      advise(segment.asSlice(0, bytes / HUGE_PAGE * HUGE_PAGE), MADV_HUGEPAGE);
    }
    return segment;
  }

  /**
   * Returns the pages of a part of a block to the system, where that is supported; the part can be
   * used again, with undefined contents.
   */
  void forget(MemorySegment part) {
    long start = Math.floorMod(-part.address(), PAGE);
    long end = part.byteSize() - Math.floorMod(part.address() + part.byteSize(), PAGE);
    if (start < end) {
      advise(part.asSlice(start, end - start), MADV_DONTNEED);
    }
  }

  private MemorySegment take(long bytes) {
    MemorySegment block;
    try {
      block = (MemorySegment) malloc.invokeExact(bytes);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    if (block.address() == 0) {
      throw new OutOfMemoryError("cannot allocate " + bytes + " bytes outside the heap");
    }
    return block;
  }

  private void release(MemorySegment block) {
    try {
      free.invokeExact(block);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Only a hint: nothing depends on whether the system follows it. */
  private void advise(MemorySegment pages, int advice) {
    if (madvise == null) {
      return;
    }
    try {
      int _ = (int) madvise.invokeExact(pages, pages.byteSize(), advice);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
