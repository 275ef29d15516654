package org.diffusionnft.cli.bench;

import java.util.List;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;

/** A forward pass of the transformer. */
public final class ForwardWorkload implements Workload {
  private final ModelSize size;
  private final ModelInputs inputs;
  private final Device device;

  /** Creates a model on a device, with weights of this dtype. */
  public ForwardWorkload(Device device, ModelSize size, DType dtype) {
    this.device = device;
    this.size = size;
    this.inputs = new ModelInputs(device, size, dtype);
  }

  @Override
  public String name() {
    return size.toString();
  }

  @Override
  public double flops() {
    return size.forwardFlops();
  }

  @Override
  public void run() {
    try (var _ = device.memory().scope()) {
      Completion.await(inputs.forward(ForwardPass.BASE).value());
    }
    device.section(() -> "forward pass");
  }

  @Override
  public long checksum() {
    try (var _ = device.memory().scope()) {
      return Completion.checksum(List.of(inputs.forward(ForwardPass.BASE).value()));
    }
  }

  @Override
  public void close() {
    inputs.close();
  }
}
