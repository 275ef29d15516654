package org.diffusionnft.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Immutable metadata over contiguous row-major memory of one device. {@link #reshape} and {@link
 * #narrow} return views; everything else that yields a tensor is an operation: see {@link
 * Elementwise}, {@link Reductions}, {@link Matrices}, {@link Norms}, {@link Attention}, {@link
 * Layout}.
 */
public final class Tensor {
  private final Device device;
  private final DType dtype;
  private final Shape shape;
  private final Storage storage;
  private final long offset;

  /**
   * A tensor over existing storage; called by devices.
   *
   * @param offset index of the first element in the storage, in elements
   */
  public Tensor(Device device, DType dtype, Shape shape, Storage storage, long offset) {
    this.device = device;
    this.dtype = dtype;
    this.shape = shape;
    this.storage = storage;
    this.offset = offset;
  }

  /** A tensor filled with one value. */
  public static Tensor full(Device device, DType dtype, Shape shape, double value) {
    Tensor t = device.allocate(dtype, shape);
    device.elementwise().fill(t, value);
    return t;
  }

  /** A tensor of zeros. */
  public static Tensor zeros(Device device, DType dtype, Shape shape) {
    return full(device, dtype, shape, 0);
  }

  /**
   * An F32 tensor with these values.
   *
   * @throws IllegalArgumentException if their number differs from the shape's
   */
  public static Tensor of(Device device, float[] values, long... dims) {
    return copied(device, DType.F32, MemorySegment.ofArray(values), Shape.of(dims));
  }

  /** An F64 tensor with these values; see {@link #of(Device, float[], long...)}. */
  public static Tensor of(Device device, double[] values, long... dims) {
    return copied(device, DType.F64, MemorySegment.ofArray(values), Shape.of(dims));
  }

  /** An I64 tensor with these values; see {@link #of(Device, float[], long...)}. */
  public static Tensor of(Device device, long[] values, long... dims) {
    return copied(device, DType.I64, MemorySegment.ofArray(values), Shape.of(dims));
  }

  /** The device that holds the elements. */
  public Device device() {
    return device;
  }

  /** The storage type. */
  public DType dtype() {
    return dtype;
  }

  /** The dimensions. */
  public Shape shape() {
    return shape;
  }

  /** The memory that this is a view of. */
  public Storage storage() {
    return storage;
  }

  /** Index in the storage of the first element, in elements. */
  public long offset() {
    return offset;
  }

  /** Number of elements. */
  public long elements() {
    return shape.elements();
  }

  /** Bytes of the elements. */
  public long bytes() {
    return elements() * dtype.bytes();
  }

  /** Shorthand for {@code shape().dim(axis)}. */
  public long dim(int axis) {
    return shape.dim(axis);
  }

  /**
   * A view with other dimensions; one of them may be -1 and is inferred.
   *
   * @throws IllegalArgumentException if the number of elements differs
   */
  public Tensor reshape(long... dims) {
    long[] d = dims.clone();
    int unknown = -1;
    long known = 1;
    for (int i = 0; i < d.length; i++) {
      if (d[i] == -1 && unknown < 0) {
        unknown = i;
      } else {
        known *= d[i];
      }
    }
    if (unknown >= 0) {
      d[unknown] = known == 0 ? 0 : elements() / known;
    }
    return reshape(Shape.of(d));
  }

  /** A view with another shape with as many elements. */
  public Tensor reshape(Shape to) {
    if (to.elements() != elements()) {
      throw new IllegalArgumentException("cannot reshape " + shape + " to " + to);
    }
    return new Tensor(device, dtype, to, storage, offset);
  }

  /**
   * A view of {@code length} entries of the leading dimension, starting at {@code start}.
   *
   * @throws IllegalArgumentException if they are out of range
   */
  public Tensor narrow(long start, long length) {
    if (start < 0 || length < 0 || start + length > dim(0)) {
      throw new IllegalArgumentException(
          "cannot take " + length + " entries from " + start + " of shape " + shape);
    }
    long row = dim(0) == 0 ? 0 : elements() / dim(0);
    return new Tensor(device, dtype, shape.with(0, length), storage, offset + start * row);
  }

  /** Moves the memory to the enclosing scope; see {@link Memory}. */
  public Tensor keep() {
    device.memory().keep(storage);
    return this;
  }

  /** Moves the memory out of every scope; see {@link Memory}. */
  public Tensor keepForever() {
    device.memory().keepForever(storage);
    return this;
  }

  /** Returns the memory to the pool now; the tensor and its views must not be used again. */
  public void release() {
    device.memory().release(storage);
  }

  /**
   * The elements in this process's memory.
   *
   * @throws IllegalStateException if the device holds them elsewhere
   */
  public MemorySegment segment() {
    if (storage instanceof HostStorage(MemorySegment segment)) {
      return segment.asSlice(offset * dtype.bytes(), bytes());
    }
    throw new IllegalStateException(device.name() + " does not hold tensors in host memory");
  }

  /** A copy of the elements as bytes in host memory, in this tensor's dtype. */
  public MemorySegment toHost(Arena arena) {
    MemorySegment copy = arena.allocate(Math.max(1, bytes()), 64).asSlice(0, bytes());
    device.read(this, copy);
    return copy;
  }

  /** The elements as {@code double}s, from any dtype. */
  public double[] toDoubles() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment s = toHost(arena);
      double[] out = new double[Math.toIntExact(elements())];
      for (int i = 0; i < out.length; i++) {
        out[i] = element(s, dtype, i);
      }
      return out;
    }
  }

  /** The elements rounded to {@code float}s, from any dtype. */
  public float[] toFloats() {
    if (dtype == DType.F32) {
      float[] out = new float[Math.toIntExact(elements())];
      device.read(this, MemorySegment.ofArray(out));
      return out;
    }
    double[] d = toDoubles();
    float[] out = new float[d.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) d[i];
    }
    return out;
  }

  /** The elements of an integer tensor. */
  public long[] toLongs() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment s = toHost(arena);
      long[] out = new long[Math.toIntExact(elements())];
      for (int i = 0; i < out.length; i++) {
        out[i] = dtype == DType.I64 ? s.getAtIndex(I64, i) : (long) element(s, dtype, i);
      }
      return out;
    }
  }

  /** The only element. */
  public double item() {
    if (elements() != 1) {
      throw new IllegalStateException("item() needs one element, but the shape is " + shape);
    }
    return toDoubles()[0];
  }

  /** Element {@code i} of host memory that holds a given dtype. */
  static double element(MemorySegment s, DType dtype, long i) {
    return switch (dtype) {
      case F64 -> s.getAtIndex(F64, i);
      case F32 -> s.getAtIndex(F32, i);
      case BF16 -> HalfPrecision.bf16ToFloat(s.getAtIndex(I16, i));
      case F16 -> Float.float16ToFloat(s.getAtIndex(I16, i));
      case I64 -> s.getAtIndex(I64, i);
      case I32 -> s.getAtIndex(I32, i);
      case I16 -> s.getAtIndex(I16, i);
      case I8 -> s.get(ValueLayout.JAVA_BYTE, i);
      case U8 -> s.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
      case BOOL -> s.get(ValueLayout.JAVA_BYTE, i) != 0 ? 1 : 0;
    };
  }

  /** Stores element {@code i} of host memory, rounded to its dtype. */
  static void setElement(MemorySegment s, DType dtype, long i, double value) {
    switch (dtype) {
      case F64 -> s.setAtIndex(F64, i, value);
      case F32 -> s.setAtIndex(F32, i, (float) value);
      case BF16 -> s.setAtIndex(I16, i, HalfPrecision.floatToBf16((float) value));
      case F16 -> s.setAtIndex(I16, i, Float.floatToFloat16((float) value));
      case I64 -> s.setAtIndex(I64, i, (long) value);
      case I32 -> s.setAtIndex(I32, i, (int) value);
      case I16 -> s.setAtIndex(I16, i, (short) value);
      case I8, U8 -> s.set(ValueLayout.JAVA_BYTE, i, (byte) (int) value);
      case BOOL -> s.set(ValueLayout.JAVA_BYTE, i, (byte) (value != 0 ? 1 : 0));
    }
  }

  private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED;

  private static Tensor copied(Device device, DType dtype, MemorySegment values, Shape shape) {
    long count = values.byteSize() / dtype.bytes();
    if (shape.elements() != count) {
      throw new IllegalArgumentException(
          "shape " + shape + " needs " + shape.elements() + " values, not " + count);
    }
    Tensor t = device.allocate(dtype, shape);
    device.write(values, t);
    return t;
  }

  @Override
  public String toString() {
    return "Tensor" + shape + " " + dtype + " on " + device.name();
  }
}
