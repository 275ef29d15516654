package org.diffusionnft.kernels.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Locale;
import java.util.NoSuchElementException;

/**
 * Machine code in its own memory. It is written first and then made executable, never both at once
 * (W^X), so that no bug elsewhere can overwrite executable code.
 */
public final class ExecutableMemory {
  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int EXECUTE = 4;
  private static final int PRIVATE = 2;

  /** Linux's number on x86-64. */
  private static final int ANONYMOUS = 0x20;

  private ExecutableMemory() {}

  /** Memory cannot be allocated, or cannot be made executable. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String why) {
      super(why);
    }
  }

  /**
   * Copies code to executable memory; it stays until the process ends.
   *
   * @throws RefusedException if this is not Linux on x86-64, or the system does not allow it
   */
  @SuppressWarnings("restricted")
  public static MemorySegment of(byte[] code) throws RefusedException {
    String system = System.getProperty("os.name", "") + " on " + System.getProperty("os.arch", "");
    if (!system.toLowerCase(Locale.ROOT).startsWith("linux") || !system.endsWith("amd64")) {
      throw new RefusedException(
          "machine code is written for Linux on x86-64, and this is " + system);
    }
    try {
      Linker linker = Linker.nativeLinker();
      SymbolLookup library = linker.defaultLookup();
      MemoryLayout status = Linker.Option.captureStateLayout();
      MethodHandle mmap =
          linker.downcallHandle(
              library.findOrThrow("mmap"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG),
              Linker.Option.captureCallState("errno"));
      MethodHandle mprotect =
          linker.downcallHandle(
              library.findOrThrow("mprotect"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT),
              Linker.Option.captureCallState("errno"));
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment errno = arena.allocate(status);
        long address =
            (long)
                mmap.invokeExact(
                    errno, 0L, (long) code.length, READ | WRITE, PRIVATE | ANONYMOUS, -1, 0L);
        if (address == -1) {
          throw new RefusedException(
              "the system gives no memory for machine code: error " + number(errno));
        }
        MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(code.length);
        memory.copyFrom(MemorySegment.ofArray(code));
        int failed = (int) mprotect.invokeExact(errno, address, (long) code.length, READ | EXECUTE);
        if (failed != 0) {
          throw new RefusedException(
              "the system does not let memory be executed: error " + number(errno));
        }
        return memory;
      }
    } catch (RefusedException | RuntimeException | Error e) {
      if (e instanceof IllegalCallerException
          || e instanceof NoSuchElementException
          || e instanceof UnsupportedOperationException) {
        throw new RefusedException("native functions cannot be called here: " + e.getMessage());
      }
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A handle that calls a void function in such memory: its address first, then these parameters.
   *
   * @param parameters {@code long}, {@code int} or {@code float}
   */
  @SuppressWarnings("restricted")
  static MethodHandle caller(Class<?>... parameters) {
    MemoryLayout[] layouts =
        Arrays.stream(parameters).map(ExecutableMemory::layout).toArray(MemoryLayout[]::new);
    return Linker.nativeLinker()
        .downcallHandle(FunctionDescriptor.ofVoid(layouts), Linker.Option.critical(false));
  }

  private static MemoryLayout layout(Class<?> type) {
    return type == long.class
        ? ValueLayout.JAVA_LONG
        : type == int.class ? ValueLayout.JAVA_INT : ValueLayout.JAVA_FLOAT;
  }

  private static int number(MemorySegment errno) {
    return errno.get(ValueLayout.JAVA_INT, 0);
  }
}
