package org.diffusionnft.kernels.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * What every launch receives: the device's memories, and the arguments of the call.
 *
 * <p>TornadoVM compiles array lengths and scalars into the kernels and ties a compiled plan to its
 * arrays. So a few large arrays hold all tensors, a tensor is a position in one of them, and
 * everything that differs from call to call travels in {@code ints} and {@code scalars}: a kernel
 * is compiled once, whatever the shapes. The classes of device code name the slots of both.
 */
final class Arguments {
  /** The position of an operand that is absent, or the code of a function that is. */
  static final int NONE = -1;

  /** Slots for integers: enough for three numbers for each of eight axes, and 16 more. */
  static final int INTS = 40;

  /** Slots for floats. */
  static final int SCALARS = 8;

  /** Bytes of the arguments that travel with each launch. */
  static final int BYTES = 4 * (INTS + SCALARS);

  final KernelContext context;

  /** All F32 tensors. The host's side is never written, so it takes address space alone. */
  final FloatArray floats;

  /** All BF16 and F16 tensors, see {@link Halves}. */
  private final ShortArray[] halves;

  final IntArray ints = new IntArray(INTS);
  final FloatArray scalars = new FloatArray(SCALARS);

  /**
   * Creates the memories.
   *
   * @param floats elements of the memory for F32
   * @param halves elements of each array of halves
   */
  Arguments(Arena arena, int floats, int[] halves) {
    this.context = new KernelContext();
    this.floats = FloatArray.fromSegmentShallow(untouched(arena, 4L * floats));
    this.halves = new ShortArray[halves.length];
    for (int i = 0; i < halves.length; i++) {
      this.halves[i] = ShortArray.fromSegmentShallow(untouched(arena, 2L * halves[i]));
    }
  }

  private Arguments(Arguments other) {
    context = other.context;
    floats = other.floats;
    halves = other.halves;
  }

  /** The same memories, with slots for one more call. */
  Arguments forAnotherCall() {
    return new Arguments(this);
  }

  /** One of the arrays of halves. */
  ShortArray h(int array) {
    return halves[array];
  }

  /** What travels to the device with each launch: the arguments, and {@code more}. */
  Object[] travelling(Object... more) {
    Object[] all = new Object[2 + more.length];
    all[0] = ints;
    all[1] = scalars;
    System.arraycopy(more, 0, all, 2, more.length);
    return all;
  }

  /** Everything that stays on the device. */
  Object[] memories() {
    return new Object[] {floats, h(0), h(1), h(2), h(3)};
  }

  /** Address space for an array and its header, zeroed by the system when it is first touched. */
  private static MemorySegment untouched(Arena arena, long bytes) {
    return Untouched.allocate(bytes + TornadoNativeArray.ARRAY_HEADER, arena);
  }

  /** Sets the arguments of the next call; slots beyond those given keep what they hold. */
  void set(int[] p, float... f) {
    MemorySegment.copy(p, 0, ints.getSegment(), ValueLayout.JAVA_INT, 0, p.length);
    for (int i = 0; i < f.length; i++) {
      scalars.set(i, f[i]);
    }
  }
}
