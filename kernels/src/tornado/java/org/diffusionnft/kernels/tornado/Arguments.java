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
 * What every kernel launch receives: the device's memories and the arguments of the call.
 *
 * <p>TornadoVM compiles array lengths and scalars into the kernels and ties a compiled plan to its
 * arrays. So a few large arrays hold all tensors, a tensor is a position in one of them, and
 * everything that varies per call is passed in {@code ints}: a kernel is compiled once, whatever
 * the shapes. All calls of a graph share that array, so that one copy transfers them; the offset of
 * a task's own call is a constant of the task. The device code classes name the slots.
 */
final class Arguments {
  /** The position of an absent operand, or the code of an absent function. */
  static final int NONE = -1;

  /** Integer slots: enough for three numbers for each of eight axes, and 16 more. */
  static final int INTS = 40;

  /** Floats per call; each takes two integers, because device code cannot reinterpret bits. */
  static final int SCALARS = 8;

  /** Integers per call. */
  static final int CALL = INTS + 2 * SCALARS;

  private static final int MANTISSA_BITS = 23;

  final KernelContext context;

  /** All F32 tensors. The host side is never written, so it takes only address space. */
  final FloatArray floats;

  /** All BF16 and F16 tensors, see {@link Halves}. */
  private final ShortArray[] halves;

  /** The arguments of the calls. */
  final IntArray ints;

  /**
   * Creates the memories, and space for one call.
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
    this.ints = new IntArray(CALL);
  }

  private Arguments(Arguments other, int calls) {
    context = other.context;
    floats = other.floats;
    halves = other.halves;
    ints = new IntArray(calls * CALL);
  }

  /** The same memories, with space for {@code calls} calls. */
  Arguments forCalls(int calls) {
    return new Arguments(this, calls);
  }

  /** One of the arrays of halves. */
  ShortArray h(int array) {
    return halves[array];
  }

  /** The arrays copied to the device with each run: the arguments, and {@code more}. */
  Object[] travelling(Object... more) {
    Object[] all = new Object[1 + more.length];
    all[0] = ints;
    System.arraycopy(more, 0, all, 1, more.length);
    return all;
  }

  /** Bytes of the arguments. */
  long bytes() {
    return (long) Integer.BYTES * ints.getSize();
  }

  /** Everything that stays on the device. */
  Object[] memories() {
    return new Object[] {floats, h(0), h(1), h(2), h(3)};
  }

  /** Address space for an array and its header, zeroed by the system when it is first touched. */
  private static MemorySegment untouched(Arena arena, long bytes) {
    return Untouched.allocate(bytes + TornadoNativeArray.ARRAY_HEADER, arena);
  }

  /**
   * Sets the arguments of a call; slots beyond those given are unchanged.
   *
   * @param at offset of the call, a multiple of {@link #CALL}
   */
  void set(int at, int[] p, float... f) {
    MemorySegment.copy(p, 0, ints.getSegment(), ValueLayout.JAVA_INT, 4L * at, p.length);
    for (int i = 0; i < f.length; i++) {
      int slot = at + INTS + 2 * i;
      ints.set(slot, mantissa(f[i]));
      ints.set(slot + 1, powers(f[i]));
    }
  }

  /** A float of a call, as {@link Scalars#argument} reads it on the device. */
  float scalar(int at, int slot) {
    int powers = ints.get(at + INTS + 2 * slot + 1);
    float[] table = Halves.table();
    float r = ints.get(at + INTS + 2 * slot) * table[powers & 0xFF] * table[powers >> 8 & 0xFF];
    return powers > 0xFFFF ? -r : r;
  }

  /** The integer that {@link Scalars#argument} multiplies by powers of two. */
  private static int mantissa(float x) {
    if (Float.isNaN(x)) {
      return 0; // times infinity
    }
    if (Float.isInfinite(x)) {
      return 1;
    }
    int bits = Float.floatToRawIntBits(x) & ((1 << MANTISSA_BITS) - 1);
    return Math.abs(x) < Float.MIN_NORMAL ? bits : bits | 1 << MANTISSA_BITS;
  }

  /**
   * The indices of two powers of two in the table of {@link Halves}, eight bits each, and a sign:
   * with two powers, the smallest numbers are exact too.
   */
  private static int powers(float x) {
    int sign = Float.floatToRawIntBits(x) < 0 ? 1 << 16 : 0;
    int one = Halves.power(0);
    if (!Float.isFinite(x)) {
      return Halves.TABLE - 1 | one << 8 | sign;
    }
    int exponent = Math.max(Math.getExponent(x), Float.MIN_EXPONENT) - MANTISSA_BITS;
    int first = Math.max(exponent, Float.MIN_EXPONENT);
    return Halves.power(first) | Halves.power(exponent - first) << 8 | sign;
  }
}
