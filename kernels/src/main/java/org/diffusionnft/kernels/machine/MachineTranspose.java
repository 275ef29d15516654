package org.diffusionnft.kernels.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.diffusionnft.kernels.machine.ExecutableMemory.RefusedException;

/** {@link Transpose} in executable memory, checked before use. */
public final class MachineTranspose {
  /** Rows and columns of a block. */
  public static final int SIZE = Transpose.SIZE;

  private static final MethodHandle CALL =
      ExecutableMemory.caller(long.class, long.class, long.class, long.class, long.class);

  private final MemorySegment function;

  private MachineTranspose() throws RefusedException {
    Assembler code = new Assembler();
    Transpose.write(code);
    this.function = ExecutableMemory.of(code.code());
  }

  /**
   * Writes and tests the function.
   *
   * @throws RefusedException if this processor or system cannot run it, or its results are wrong
   */
  static MachineTranspose make() throws RefusedException {
    MachineTranspose made = new MachineTranspose();
    if (!made.isRight()) {
      throw new RefusedException("the function for transposes computes wrong numbers");
    }
    return made;
  }

  /**
   * Transposes blocks of {@link #SIZE} rows of {@link #SIZE} words, such as floats. Blocks are side
   * by side where they are read and one below the other where they are written.
   *
   * @param from address of the first block
   * @param rowFrom bytes between rows that are read
   * @param to address for the first block
   * @param rowTo bytes between rows that are written
   * @param blocks at least 1
   */
  public void run(long from, long rowFrom, long to, long rowTo, long blocks) {
    try {
      CALL.invokeExact(function, from, rowFrom, to, rowTo, blocks);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private boolean isRight() {
    int blocks = 2;
    int columns = blocks * SIZE;
    int padded = SIZE + 3;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = arena.allocate(ValueLayout.JAVA_INT, (long) SIZE * columns);
      MemorySegment to = arena.allocate(ValueLayout.JAVA_INT, (long) columns * padded);
      for (int i = 0; i < SIZE * columns; i++) {
        from.setAtIndex(ValueLayout.JAVA_INT, i, i + 1);
      }
      run(from.address(), 4L * columns, to.address(), 4L * padded, blocks);
      for (int i = 0; i < columns * padded; i++) {
        int row = i % padded;
        int expected = row < SIZE ? row * columns + i / padded + 1 : 0;
        if (to.getAtIndex(ValueLayout.JAVA_INT, i) != expected) {
          return false;
        }
      }
    }
    return true;
  }
}
