package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;

/** A copy of tensors to roll back to. */
final class Snapshot implements AutoCloseable {
  private final Device device;
  private final List<Tensor> originals;
  private final List<Tensor> copies = new ArrayList<>();

  /** Allocates memory for copies of these tensors. */
  Snapshot(Device device, List<Tensor> originals) {
    this.device = device;
    this.originals = List.copyOf(originals);
    try (Memory.Scope _ = device.memory().scope()) {
      for (Tensor original : originals) {
        copies.add(Tensor.zeros(device, original.dtype(), original.shape()).keepForever());
      }
    }
  }

  /** Copies all tensors. */
  void take() {
    copy(originals, copies);
  }

  /** Restores all tensors to their last copied values. */
  void restore() {
    copy(copies, originals);
  }

  private void copy(List<Tensor> from, List<Tensor> to) {
    for (int i = 0; i < from.size(); i++) {
      device.elementwise().convert(from.get(i), to.get(i));
    }
  }

  @Override
  public void close() {
    copies.forEach(Tensor::release);
  }
}
