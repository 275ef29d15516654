package org.diffusionnft.cli.bench;

import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.adapter.AdapterInit;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * A training step of an adapter of rank 32 and alpha 64 on the eight projections of the joint
 * attention: forward, mean-square loss, backward.
 */
public final class TrainWorkload implements Workload {
  private static final AdapterConfig ADAPTER =
      new AdapterConfig(32, 64, AdapterConfig.JOINT_ATTENTION);

  private final Device device;
  private final ModelSize size;
  private final ModelInputs inputs;
  private final boolean checkpointing;
  private final Adapter adapter;
  private final Gradients gradients;

  /**
   * Creates a model and an adapter on a device, with model weights of this dtype.
   *
   * @param checkpointing whether blocks are recomputed in the backward pass, which saves memory
   * @throws InvalidInputException for a single block, which has no output layer for the text
   */
  public TrainWorkload(Device device, ModelSize size, DType dtype, boolean checkpointing) {
    if (size.layers() < 2) {
      throw new InvalidInputException(
          "--layers must be at least 2 to train: the only block of a model with 1 has no"
              + " attn.to_add_out to adapt");
    }
    this.device = device;
    this.size = size;
    this.checkpointing = checkpointing;
    this.inputs = new ModelInputs(device, size, dtype);
    this.adapter =
        Adapter.create(
            ADAPTER, MmditLayout.parameters(size.config()), device, AdapterInit.gaussian(0));
    this.gradients = new Gradients(adapter.parameters());
  }

  @Override
  public String name() {
    return size.toString();
  }

  @Override
  public double flops() {
    return size.trainFlops(ADAPTER);
  }

  @Override
  public void run() {
    gradients.zero();
    try (var _ = device.memory().scope()) {
      Tape tape = new Tape();
      Variable loss =
          tape.record(
              () -> {
                Variable out =
                    inputs.forward(ForwardPass.with(adapter).checkpointing(checkpointing));
                return out.mul(out).mean();
              });
      tape.backward(loss, gradients);
      Completion.await(gradients.of(adapter.parameters().getFirst()));
    }
    device.section(() -> "training step");
  }

  @Override
  public long checksum() {
    run();
    return Completion.checksum(adapter.parameters().stream().map(gradients::of).toList());
  }

  @Override
  public void close() {
    gradients.close();
    adapter.close();
    inputs.close();
  }
}
