package org.diffusionnft.cli.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32;
import org.diffusionnft.tensor.Tensor;

/** Devices may compute asynchronously: reading one element waits for the result. */
final class Completion {
  private Completion() {}

  /** Waits until a tensor of F32 is computed. */
  static void await(Tensor tensor) {
    tensor.device().read(tensor.reshape(-1).narrow(0, 1), MemorySegment.ofArray(new float[1]));
  }

  /** A checksum of all bits of tensors of at most 2^31 bytes. */
  static long checksum(Iterable<Tensor> tensors) {
    CRC32 sum = new CRC32();
    for (Tensor tensor : tensors) {
      try (Arena arena = Arena.ofConfined()) {
        sum.update(tensor.toHost(arena).asByteBuffer());
      }
    }
    return sum.getValue();
  }
}
