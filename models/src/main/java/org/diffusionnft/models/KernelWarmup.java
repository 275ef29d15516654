package org.diffusionnft.models;

import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Runs a small transformer again and again on a thread of its own while a large one is loaded, so
 * that the JVM has compiled the kernels by the first real call.
 *
 * <p>It computes on a device of its own with one thread; what it computes is thrown away.
 */
public final class KernelWarmup implements AutoCloseable {

  /** What is to be compiled. */
  public enum Pass {
    /** The forward pass alone. */
    FORWARD,
    /** A training step of an adapter. */
    TRAIN
  }

  /** Wide enough that matrices are cut and packed as those of a large model are. */
  private static final int HEADS = 10;

  private static final int HEAD_DIM = 64;
  private static final int LATENT_SIDE = 16;
  private static final int TEXT_TOKENS = 13;
  private static final int CHANNELS = 16;

  /** Runs after which little is left to compile, where that was measured. */
  private static final int RUNS = 12;

  private final @Nullable Thread thread;
  private volatile boolean closed;

  private KernelWarmup(Device device, Pass pass, DType weights) {
    boolean worthwhile =
        device.name().equals("vector") && Runtime.getRuntime().availableProcessors() > 1;
    thread =
        worthwhile
            ? Thread.ofPlatform().daemon().name("kernel-warmup").start(() -> run(pass, weights))
            : null;
  }

  /**
   * Starts, if the device is the processor's and there is more than one: an idle one pays for it.
   *
   * @param weights dtype of the large model's weights
   */
  public static KernelWarmup start(Device device, Pass pass, DType weights) {
    return new KernelWarmup(device, pass, weights);
  }

  /** Ends it after the run it is in, and waits for that: a few hundredths of a second. */
  @Override
  public void close() {
    closed = true;
    try {
      if (thread != null) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(Pass pass, DType weights) {
    MmditConfig config = config();
    try (Device device = Devices.open("vector", new DeviceOptions(1));
        Mmdit model = Mmdit.load(config, new Constants(config, device, weights))) {
      Adapter adapter =
          pass == Pass.TRAIN
              ? Adapter.create(
                  new AdapterConfig(32, 64, AdapterConfig.JOINT_ATTENTION),
                  MmditLayout.parameters(config),
                  device,
                  AdapterInit.gaussian(0))
              : null;
      for (int i = 0; i < RUNS && !closed; i++) {
        try (Memory.Scope _ = device.memory().scope()) {
          if (adapter == null) {
            forward(model, ForwardPass.BASE);
          } else {
            train(model, adapter);
          }
        }
      }
      if (adapter != null) {
        adapter.close();
      }
    }
  }

  private static Variable forward(Mmdit model, ForwardPass pass) {
    Device device = model.device();
    MmditConfig config = model.config();
    return model.forward(
        Variable.constant(ones(device, 1, CHANNELS, LATENT_SIDE, LATENT_SIDE)),
        new float[] {500},
        Conditioning.of(
            ones(device, 1, TEXT_TOKENS, config.jointAttentionDim()),
            ones(device, 1, config.pooledProjectionDim())),
        pass);
  }

  private static void train(Mmdit model, Adapter adapter) {
    Tape tape = new Tape();
    try (Gradients gradients = new Gradients(adapter.parameters())) {
      Variable loss =
          tape.record(
              () -> {
                Variable out = forward(model, ForwardPass.with(adapter));
                return out.mul(out).mean();
              });
      tape.backward(loss, gradients);
    }
  }

  private static Tensor ones(Device device, long... dims) {
    Tensor tensor = device.allocate(DType.F32, Shape.of(dims));
    device.elementwise().fill(tensor, 1);
    return tensor;
  }

  private static MmditConfig config() {
    int width = HEADS * HEAD_DIM;
    return new MmditConfig(
        LATENT_SIDE,
        2,
        CHANNELS,
        2,
        HEAD_DIM,
        HEADS,
        width,
        width,
        width,
        CHANNELS,
        LATENT_SIDE / 2,
        List.of(0, 1),
        QkNorm.RMS_NORM);
  }

  /** Weights that are all alike. */
  private record Constants(SequencedMap<String, Shape> shapes, Device device, DType dtype)
      implements WeightSource {
    Constants(MmditConfig config, Device device, DType dtype) {
      this(MmditLayout.parameters(config), device, dtype);
    }

    @Override
    public Set<String> names() {
      return shapes.keySet();
    }

    @Override
    public Tensor get(String name, Shape expected) {
      try (Memory.Scope _ = device.memory().scope()) {
        Tensor value = device.allocate(DType.F32, expected);
        device.elementwise().fill(value, 1.0 / 64);
        return Elementwise.convert(value, dtype).keepForever();
      }
    }
  }
}
