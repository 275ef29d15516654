package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** What the kernel families share: where tensors lie, and the plans. */
record Launcher(Device device, Plans plans, DeviceMemory memory) {

  /** Where an F32 tensor starts. */
  int at(Tensor t) {
    return Math.toIntExact(((TornadoStorage) t.storage()).floats(memory) + t.offset());
  }

  /** Where an F32 tensor starts, or -1 for none. */
  int atOrNone(@Nullable Tensor t) {
    return t == null ? -1 : at(t);
  }

  /** Where a tensor of F32, BF16 or F16 starts in its memory. */
  int atAny(Tensor t) {
    return t.dtype() == DType.F32
        ? at(t)
        : Math.toIntExact(((TornadoStorage) t.storage()).halves(memory) + t.offset());
  }

  /** How a tensor of F32, BF16 or F16 is stored: its type, and which array it is in. */
  int type(Tensor t) {
    int code = Halves.code(t.dtype());
    if (code == Halves.F32) {
      return code;
    }
    TornadoStorage storage = (TornadoStorage) t.storage();
    storage.halves(memory);
    return code + Halves.ARRAYS * storage.halvesArray();
  }

  /** F32 memory for the time of one operation; to be released by the caller. */
  Tensor temporary(long elements) {
    return device.allocate(DType.F32, Shape.of(elements));
  }

  /** Whether all operands that there are hold F32. */
  static boolean single(@Nullable Tensor... operands) {
    for (Tensor t : operands) {
      if (t != null && t.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  static int size(Tensor t) {
    return Math.toIntExact(t.elements());
  }
}
