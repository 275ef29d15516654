package org.diffusionnft.kernels.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.SplittableRandom;
import org.diffusionnft.kernels.machine.ExecutableMemory.RefusedException;
import org.diffusionnft.tensor.HalfPrecision;

/** {@link Exponentials} in executable memory, checked against plain loops before use. */
public final class MachineExponentials {
  private static final MethodHandle CALL =
      ExecutableMemory.caller(long.class, long.class, long.class, long.class, long.class);

  /** Floats of a row's state: the previous largest, the new largest, the sum, one not touched. */
  public static final int STATE_FLOATS = Exponentials.STATE_BYTES / Float.BYTES;

  private final MemorySegment function;

  private MachineExponentials(boolean half, int row) throws RefusedException {
    Assembler code = new Assembler();
    new Exponentials(half, row).write(code);
    this.function = ExecutableMemory.of(code.code());
  }

  /**
   * Writes and tests the function.
   *
   * @param half whether exponentials are rounded to BF16
   * @param row row stride in bytes
   * @throws RefusedException if this processor or system cannot run it, or its results are wrong
   */
  static MachineExponentials of(boolean half, int row) throws RefusedException {
    MachineExponentials made = new MachineExponentials(half, row);
    if (!made.right(half, row)) {
      throw new RefusedException("the function for softmax's exponentials computes wrong numbers");
    }
    return made;
  }

  /**
   * Computes the exponentials of a block of scores.
   *
   * @param scores address of the first row
   * @param to address for the exponentials; may be that of the scores if the exponentials are
   *     floats
   * @param state address of {@link #STATE_FLOATS} floats per row
   * @param vectors number of 16-score vectors per row, at least 1
   * @param rows number of rows, at least 1
   */
  public void run(long scores, long to, long state, int vectors, int rows) {
    try {
      CALL.invokeExact(function, scores, to, state, (long) vectors, (long) rows);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private boolean right(boolean half, int row) {
    int rows = 3;
    int vectors = 2;
    int columns = vectors * Tile.LANES;
    SplittableRandom random = new SplittableRandom(1);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scores = arena.allocate((long) rows * row, 64);
      MemorySegment to = arena.allocate((long) rows * row, 64);
      MemorySegment state = arena.allocate((long) rows * Exponentials.STATE_BYTES, 64);
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < columns; i++) {
          // One row has only masked scores.
          float score = r == 2 ? Float.NEGATIVE_INFINITY : random.nextInt(-200, 9) / 2f;
          scores.set(ValueLayout.JAVA_FLOAT, (long) r * row + 4L * i, score);
        }
        float before = r == 1 ? 7 : Float.NEGATIVE_INFINITY;
        state.set(ValueLayout.JAVA_FLOAT, (long) r * Exponentials.STATE_BYTES, before);
      }
      run(scores.address(), to.address(), state.address(), vectors, rows);
      for (int r = 0; r < rows; r++) {
        float now = state.get(ValueLayout.JAVA_FLOAT, (long) r * Exponentials.STATE_BYTES);
        for (int i = 0; i < columns; i++) {
          now = Math.max(now, scores.get(ValueLayout.JAVA_FLOAT, (long) r * row + 4L * i));
        }
        double sum = 0;
        for (int i = 0; i < columns; i++) {
          float score = scores.get(ValueLayout.JAVA_FLOAT, (long) r * row + 4L * i);
          double e = now == Float.NEGATIVE_INFINITY ? 0 : Math.exp(score - now);
          sum += e;
          long at = (long) r * row + (half ? 2L : 4L) * i;
          float got =
              half
                  ? HalfPrecision.bf16ToFloat(to.get(ValueLayout.JAVA_SHORT, at))
                  : to.get(ValueLayout.JAVA_FLOAT, at);
          if (!near(got, e, half ? 1 / 256.0 : 1e-6)) {
            return false;
          }
        }
        long at = (long) r * Exponentials.STATE_BYTES;
        if (state.get(ValueLayout.JAVA_FLOAT, at + 4) != now
            || !near(state.get(ValueLayout.JAVA_FLOAT, at + 8), sum, 1e-5)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Results below the smallest normal float become 0. */
  private static boolean near(float got, double expected, double allowed) {
    return Math.abs(got - expected) <= allowed * expected + Float.MIN_NORMAL;
  }
}
