package org.diffusionnft.onnx.value;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.util.Arrays;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.OnnxTensor;
import org.diffusionnft.weights.onnx.SmallFloats;
import org.jspecify.annotations.Nullable;

/**
 * A row-major array of any of ONNX's element types. Elements are in a Java array of the kind for
 * their type, or, for F32, in a tensor of the device; each is created from the other on first use.
 * Immutable: the Java array must not be modified.
 */
public final class NdArray implements Value {
  private final ElementType type;
  private final Shape shape;
  private final boolean constant;
  private @Nullable OnnxTensor source;
  private @Nullable Object data;
  private @Nullable Tensor tensor;

  private NdArray(
      ElementType type,
      Shape shape,
      boolean constant,
      @Nullable OnnxTensor source,
      @Nullable Object data,
      @Nullable Tensor tensor) {
    this.type = type;
    this.shape = shape;
    this.constant = constant;
    this.source = source;
    this.data = data;
    this.tensor = tensor;
  }

  /**
   * An array over these elements.
   *
   * @param data {@code float[]}, {@code double[]}, {@code long[]} or {@code String[]}, by the kind
   *     of the type; values must already fit narrower types
   */
  public static NdArray of(ElementType type, Shape shape, Object data) {
    if (Array.getLength(data) != shape.elements()) {
      throw new IllegalArgumentException("not as many elements as the shape " + shape + " has");
    }
    return new NdArray(type, shape, false, null, data, null);
  }

  /** An array backed by an F32 tensor. */
  public static NdArray of(Tensor tensor) {
    if (tensor.dtype() != DType.F32) {
      throw new IllegalArgumentException("a tensor of F32 is needed, not " + tensor.dtype());
    }
    return new NdArray(ElementType.FLOAT, tensor.shape(), false, null, null, tensor);
  }

  /** An array from a tensor of a file. */
  public static NdArray of(OnnxTensor tensor) {
    return new NdArray(tensor.type(), tensor.shape(), true, tensor, null, null);
  }

  /** An array of F32. */
  public static NdArray floats(Shape shape, float[] values) {
    return of(ElementType.FLOAT, shape, values);
  }

  /** A one-dimensional array of INT64. */
  public static NdArray longs(long... values) {
    return of(ElementType.INT64, Shape.of(values.length), values);
  }

  /** Zeros, false or empty strings. */
  public static NdArray zeros(ElementType type, Shape shape) {
    return of(type, shape, allocate(type, Math.toIntExact(shape.elements())));
  }

  /** A Java array for {@code count} elements. */
  public static Object allocate(ElementType type, int count) {
    return switch (type.kind()) {
      case FLOATS -> new float[count];
      case DOUBLES -> new double[count];
      case SIGNED, UNSIGNED -> new long[count];
      case STRINGS -> {
        String[] strings = new String[count];
        Arrays.fill(strings, "");
        yield strings;
      }
    };
  }

  /**
   * An array that outlives the run that created it: its device tensor, if one is created, stays
   * until the device is closed.
   */
  public NdArray asConstant() {
    return constant ? this : new NdArray(type, shape, true, null, data(), null);
  }

  /** The type of the elements. */
  public ElementType type() {
    return type;
  }

  /** The dimensions. */
  public Shape shape() {
    return shape;
  }

  /** Number of dimensions. */
  public int rank() {
    return shape.rank();
  }

  /** Number of elements. */
  public int count() {
    return (int) shape.elements();
  }

  /** Size along an axis; negative axes count from the end. */
  public int dim(int axis) {
    return (int) shape.dim(axis);
  }

  /** The elements, as an array of the kind of the type. */
  public Object data() {
    Object known = data;
    if (known == null) {
      if (tensor != null) {
        known = tensor.toFloats();
      } else if (source != null) {
        known = source.array();
      } else {
        throw new IllegalStateException("an array without elements");
      }
      data = known;
    }
    return known;
  }

  /** The elements of a type that is stored as floats. */
  public float[] floats() {
    return (float[]) data();
  }

  /** The elements of DOUBLE. */
  public double[] doubles() {
    return (double[]) data();
  }

  /** The elements of an integer type or BOOL. */
  public long[] longs() {
    return (long[]) data();
  }

  /** The elements of STRING. */
  public String[] strings() {
    return (String[]) data();
  }

  /** The elements of any numeric type, copied. */
  public double[] toDoubles() {
    return switch (type.kind()) {
      case FLOATS -> {
        float[] from = floats();
        double[] out = new double[from.length];
        for (int i = 0; i < out.length; i++) {
          out[i] = from[i];
        }
        yield out;
      }
      case DOUBLES -> doubles().clone();
      case SIGNED, UNSIGNED -> {
        long[] from = longs();
        double[] out = new double[from.length];
        for (int i = 0; i < out.length; i++) {
          out[i] = type == ElementType.UINT64 ? Integers.unsignedToDouble(from[i]) : from[i];
        }
        yield out;
      }
      case STRINGS -> throw new IllegalStateException("strings are no numbers");
    };
  }

  /** The tensor on the device; F32 only. */
  public Tensor tensor(Device device) {
    Tensor known = tensor;
    if (known == null || known.device() != device) {
      known = device.allocate(DType.F32, shape);
      device.write(MemorySegment.ofArray(floats()), known);
      if (constant) {
        known.keepForever();
        data = source == null ? data : null; // large weights are stored once
      }
      tensor = known;
    }
    return known;
  }

  /** The device tensor, if a run created one. */
  public @Nullable Tensor ownTensor() {
    return constant ? null : tensor;
  }

  /** The same elements without a tensor, for arrays that outlive the scope of their tensors. */
  public NdArray detached() {
    return new NdArray(type, shape, false, null, data(), null);
  }

  /** Frees the device memory of a constant. */
  public void release() {
    Tensor known = tensor;
    if (constant && known != null) {
      data();
      known.release();
      tensor = null;
    }
  }

  /** Drops the tensor, whose memory is freed; its elements must also be in a Java array. */
  public void forgetTensor() {
    if (data != null) {
      tensor = null;
    }
  }

  /** Whether the elements are already on the device. */
  public boolean isOnDevice() {
    return tensor != null;
  }

  /** The same elements with other dimensions. */
  public NdArray reshape(Shape to) {
    if (to.elements() != shape.elements()) {
      throw new IllegalArgumentException("cannot reshape " + shape + " to " + to);
    }
    boolean view = tensor != null && data == null && !constant;
    return new NdArray(
        type,
        to,
        false,
        null,
        view ? null : data(),
        view && tensor != null ? tensor.reshape(to) : null);
  }

  /**
   * Gathers elements by index.
   *
   * @param index the index in this array of each element of the result; -1 for zero
   */
  public NdArray take(Shape to, int[] index) {
    Object out = allocate(type, index.length);
    switch (type.kind()) {
      case FLOATS -> {
        float[] from = floats();
        float[] target = (float[]) out;
        for (int i = 0; i < index.length; i++) {
          target[i] = index[i] < 0 ? 0 : from[index[i]];
        }
      }
      case DOUBLES -> {
        double[] from = doubles();
        double[] target = (double[]) out;
        for (int i = 0; i < index.length; i++) {
          target[i] = index[i] < 0 ? 0 : from[index[i]];
        }
      }
      case SIGNED, UNSIGNED -> {
        long[] from = longs();
        long[] target = (long[]) out;
        for (int i = 0; i < index.length; i++) {
          target[i] = index[i] < 0 ? 0 : from[index[i]];
        }
      }
      case STRINGS -> {
        String[] from = strings();
        String[] target = (String[]) out;
        for (int i = 0; i < index.length; i++) {
          target[i] = index[i] < 0 ? "" : from[index[i]];
        }
      }
    }
    return of(type, to, out);
  }

  /** Numbers rounded or truncated to an element type. */
  public static NdArray ofDoubles(ElementType type, Shape shape, double[] values) {
    return switch (type.kind()) {
      case FLOATS -> {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
          out[i] = SmallFloats.round(type, (float) values[i]);
        }
        yield of(type, shape, out);
      }
      case DOUBLES -> of(type, shape, values);
      case SIGNED, UNSIGNED -> {
        long[] out = new long[values.length];
        for (int i = 0; i < out.length; i++) {
          out[i] = Integers.ofDouble(type, values[i]);
        }
        yield of(type, shape, out);
      }
      case STRINGS -> throw new IllegalArgumentException("numbers are no strings");
    };
  }

  @Override
  public String toString() {
    return type + shape.toString();
  }
}
