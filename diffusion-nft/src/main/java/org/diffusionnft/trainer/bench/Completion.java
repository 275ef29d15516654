package org.diffusionnft.trainer.bench;

import java.lang.foreign.MemorySegment;
import org.diffusionnft.tensor.Tensor;

/** Devices may compute later than they are asked to: reading one element waits for it. */
final class Completion {
  private Completion() {}

  /** Waits until a tensor of F32 is computed. */
  static void await(Tensor tensor) {
    tensor.device().read(tensor.reshape(-1).narrow(0, 1), MemorySegment.ofArray(new float[1]));
  }
}
