package org.diffusionnft.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.diffusionnft.tensor.DType;

/**
 * Vector loads and stores at absolute addresses.
 *
 * <p>All kernels see memory as one segment starting at address 0: its bounds and liveness checks
 * fold to constants, so inner loops have none. The price is that a wrong address is not caught:
 * callers use only addresses from tensors ({@link Operands}) and {@link Scratch}.
 *
 * <p>The compiler stops inlining at a node limit per method, which about thirty vector operations
 * use up; beyond it, every vector that passes through our own methods is boxed, at a tenth of the
 * speed. The Vector API's own methods are exempt. So long kernels call them directly with {@link
 * #ALL} and {@link #ORDER}, and each kernel has only one loop.
 *
 * <p>A loop-carried vector is never the receiver of the call that computes its next value: write
 * {@code v.add(sum)}, not {@code sum.add(v)}. The compiler knows the class of a vector just loaded
 * or broadcast. For the loop-carried one it needs a profile, and in a method compiled without one,
 * as happens occasionally at start-up, such calls are not inlined.
 */
final class Lanes {
  private Lanes() {}

  /** The species whose width all others share; see {@link VectorWidth}. */
  static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, VectorWidth.shape());

  /** Floats in a vector. */
  static final int LANES = FLOATS.length();

  /** Bytes in a vector. */
  static final long BYTES = FLOATS.vectorByteSize();

  static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
  static final ByteOrder ORDER = ByteOrder.nativeOrder();
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;

  /**
   * The mask of the first i lanes, for i up to LANES. Precomputed: creating one takes a hundred
   * nodes of the compiler's inlining budget, loading one a few.
   */
  static final VectorMask<Float>[] FIRST = firstLanes();

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static VectorMask<Float>[] firstLanes() {
    VectorMask<Float>[] masks = new VectorMask[LANES + 1];
    Arrays.setAll(masks, i -> FLOATS.indexInRange(0, i));
    return masks;
  }

  /**
   * The mask of lanes {@code from} to {@code to} (exclusive), as {@code [from][to]}; see {@link
   * #FIRST}.
   */
  static final VectorMask<Float>[][] BETWEEN = lanesBetween();

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static VectorMask<Float>[][] lanesBetween() {
    VectorMask<Float>[][] masks = new VectorMask[LANES + 1][LANES + 1];
    for (int from = 0; from <= LANES; from++) {
      for (int to = 0; to <= LANES; to++) {
        masks[from][to] = FIRST[to].andNot(FIRST[from]);
      }
    }
    return masks;
  }

  private static final VectorShuffle<Float> EVERY_SECOND =
      VectorShuffle.fromOp(FLOATS, i -> 2 * i < LANES ? 2 * i : 2 * i - 2 * LANES);

  private static final VectorShuffle<Float> ZIP_LOW = VectorShuffle.makeZip(FLOATS, 0);
  private static final VectorShuffle<Float> ZIP_HIGH = VectorShuffle.makeZip(FLOATS, 1);

  /** Interleaves a vector of floats from each of two addresses. */
  static void zip(long first, long second, long to) {
    FloatVector a = FloatVector.fromMemorySegment(FLOATS, ALL, first, ORDER);
    FloatVector b = FloatVector.fromMemorySegment(FLOATS, ALL, second, ORDER);
    a.rearrange(ZIP_LOW, b).intoMemorySegment(ALL, to, ORDER);
    a.rearrange(ZIP_HIGH, b).intoMemorySegment(ALL, to + BYTES, ORDER);
  }

  /** Every second lane of two vectors, as one vector. */
  static FloatVector everySecond(FloatVector near, FloatVector far) {
    return near.rearrange(EVERY_SECOND, far);
  }

  /** Copies every second of {@code 2 LANES} floats. */
  static void everySecond(long from, long to) {
    FloatVector near = FloatVector.fromMemorySegment(FLOATS, ALL, from, ORDER);
    FloatVector far = FloatVector.fromMemorySegment(FLOATS, ALL, from + BYTES, ORDER);
    everySecond(near, far).intoMemorySegment(ALL, to, ORDER);
  }

  static FloatVector splat(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  /** The float at an address in all lanes. */
  static FloatVector splatAt(long address) {
    return FloatVector.broadcast(FLOATS, ALL.get(F32, address));
  }

  static float get(long address) {
    return ALL.get(F32, address);
  }

  static void set(long address, float value) {
    ALL.set(F32, address, value);
  }

  static short getShort(long address) {
    return ALL.get(I16, address);
  }

  static void setShort(long address, short value) {
    ALL.set(I16, address, value);
  }

  static void setInt(long address, int value) {
    ALL.set(I32, address, value);
  }

  static void setLong(long address, long value) {
    ALL.set(I64, address, value);
  }

  static long getLong(long address) {
    return ALL.get(I64, address);
  }

  /** The largest multiple of the vector length up to {@code count}. */
  static int whole(int count) {
    return FLOATS.loopBound(count);
  }

  static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  static void clear(long address, long bytes) {
    ALL.asSlice(address, bytes).fill((byte) 0);
  }

  /**
   * The sum of the {@code LANES} floats at an address, in a fixed order. Kernels that are called
   * once per row store their sums and call this, so that no vector is passed as an argument.
   */
  static float sumAt(long address) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = 0; i < LANES; i += 4) {
      long at = address + 4L * i;
      a += get(at);
      b += get(at + 4);
      c += get(at + 8);
      d += get(at + 12);
    }
    return (a + b) + (c + d);
  }

  /** The greatest of the {@code LANES} floats at an address, NaN if one is. */
  static float maxAt(long address) {
    float a = get(address);
    float b = get(address + 4);
    for (int i = 2; i < LANES; i += 2) {
      a = Math.max(a, get(address + 4L * i));
      b = Math.max(b, get(address + 4L * i + 4));
    }
    return Math.max(a, b);
  }

  /** {@code LANES} BF16 numbers, widened. */
  static FloatVector loadBf16(long address) {
    return widenBf16(ShortVector.fromMemorySegment(SHORTS, ALL, address, ORDER));
  }

  static FloatVector widenBf16(ShortVector bits) {
    return ((IntVector) bits.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
        .lanewise(VectorOperators.LSHL, 16)
        .reinterpretAsFloats();
  }

  /** {@code LANES} F16 numbers, widened; subnormals, infinities and NaN included. */
  static FloatVector loadF16(long address) {
    ShortVector bits = ShortVector.fromMemorySegment(SHORTS, ALL, address, ORDER);
    IntVector h = (IntVector) bits.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    IntVector magnitude = h.and(0x7FFF);
    // With the exponent shifted into place, multiplying by 2^112 corrects its bias.
    FloatVector finite =
        magnitude.lanewise(VectorOperators.LSHL, 13).reinterpretAsFloats().mul(0x1p112f);
    IntVector value = finite.reinterpretAsInts();
    IntVector special = value.or(0x7F800000);
    value = value.blend(special, magnitude.compare(VectorOperators.GE, 0x7C00));
    return value.or(h.and(0x8000).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats();
  }

  /** One element of a floating type, widened. */
  static float get(DType dtype, long address) {
    return switch (dtype) {
      case BF16 -> Float.intBitsToFloat(getShort(address) << 16);
      case F16 -> Float.float16ToFloat(getShort(address));
      default -> get(address);
    };
  }

  /** Copies elements of a floating type, widened. */
  static void widen(DType dtype, long from, long to, int count) {
    int i = 0;
    if (dtype == DType.F32) {
      copy(from, to, 4L * count);
      return;
    }
    if (dtype == DType.BF16) {
      for (; i < whole(count); i += LANES) {
        loadBf16(from + 2L * i).intoMemorySegment(ALL, to + 4L * i, ORDER);
      }
    } else {
      for (; i < whole(count); i += LANES) {
        loadF16(from + 2L * i).intoMemorySegment(ALL, to + 4L * i, ORDER);
      }
    }
    for (; i < count; i++) {
      set(to + 4L * i, get(dtype, from + 2L * i));
    }
  }
}
