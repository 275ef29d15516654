package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** What the kernel families share: tensor positions, the plans, and copies on the device. */
record Launcher(Device device, Plans plans, DeviceMemory memory) {

  /** The position of an F32 tensor. */
  int at(Tensor t) {
    return Math.toIntExact(((TornadoStorage) t.storage()).floats(memory) + t.offset());
  }

  /** The position of an F32 tensor, or {@link Arguments#NONE}. */
  int atOrNone(@Nullable Tensor t) {
    return t == null ? Arguments.NONE : at(t);
  }

  /** The position of a tensor of F32, BF16 or F16 in the memory of its type. */
  int atAny(Tensor t) {
    return t.dtype() == DType.F32
        ? at(t)
        : Math.toIntExact(((TornadoStorage) t.storage()).halves(memory) + t.offset());
  }

  /** How a tensor of F32, BF16 or F16 is stored, see {@link Halves#type}. */
  int type(Tensor t) {
    int code = TypeCode.of(t.dtype());
    if (code == TypeCode.F32) {
      return code;
    }
    TornadoStorage storage = (TornadoStorage) t.storage();
    storage.halves(memory);
    return Halves.type(code, storage.halvesArray());
  }

  /** Temporary F32 memory for one operation; the caller releases it. */
  Tensor temporary(long elements) {
    return device.allocate(DType.F32, Shape.of(elements));
  }

  /** Copies F32 values from one position to another, with strides along each axis of a shape. */
  void copy(int from, int to, Shape shape, long[] read, long[] written) {
    if (shape.elements() > 0) {
      Steps steps = new Steps(shape, read, written);
      int[] p = steps.after(LayoutTasks.AXES);
      p[LayoutTasks.ELEMENTS] = Math.toIntExact(shape.elements());
      p[LayoutTasks.X] = from;
      p[LayoutTasks.OUT] = to;
      p[LayoutTasks.RANK] = steps.rank();
      plans.each(Kernel.STRIDED_COPY, shape.elements(), p);
    }
  }

  /** Converts a half-precision tensor to F32. */
  void widen(Tensor x, Tensor out) {
    int[] p = new int[ElementwiseTasks.SLOTS];
    p[ElementwiseTasks.ELEMENTS] = size(out);
    p[ElementwiseTasks.X] = atAny(x);
    p[ElementwiseTasks.OUT] = at(out);
    p[ElementwiseTasks.TYPE] = type(x);
    plans.each(Kernel.WIDEN, out.elements(), p);
  }

  /** Whether all present operands are F32. */
  static boolean single(@Nullable Tensor... operands) {
    for (Tensor t : operands) {
      if (t != null && t.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  /** The number of elements of a tensor, as an {@code int} for kernels. */
  static int size(Tensor t) {
    return Math.toIntExact(t.elements());
  }
}
