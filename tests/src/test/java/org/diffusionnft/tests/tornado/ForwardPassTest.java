package org.diffusionnft.tests.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceActivity;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a forward pass of four blocks built like those of Stable Diffusion 3.5 asks of the driver.
 */
@EnabledIf("org.diffusionnft.tests.tornado.TornadoDevices#expected")
class ForwardPassTest {
  private static final int LAYERS = 4;
  private static final int GRAPHS = 12;
  private static final int WAITS = 24;

  /** The sinusoids of a timestep: all that a pass is given from the host. */
  private static final int SINUSOIDS = 4 * 256;

  @ParameterizedTest
  @MethodSource("org.diffusionnft.tests.tornado.TornadoDevices#names")
  void laterPassesCompileNothingAndWaitForFewGraphs(String name) {
    MmditConfig size =
        new MmditConfig(
            16, 2, 16, LAYERS, 64, 2, 64, 128, 32, 16, 4, List.of(0, 1, 2, 3), QkNorm.RMS_NORM);
    try (Device device = Devices.open(name, new DeviceOptions(1, 256, false));
        Mmdit model = Mmdit.load(size, new MmditInit(size, device, 3, MmditInit.Scheme.PYTORCH))) {
      Tensor latents = full(device, 0.5, 1, 16, 8, 8);
      Tensor text = full(device, 0.25, 1, 20, 64);
      Tensor pooled = full(device, 0.125, 1, 32);
      float first = pass(model, latents, text, pooled);
      DeviceActivity before = device.activity();
      assertEquals(first, pass(model, latents, text, pooled));
      DeviceActivity second = device.activity().since(before);
      assertEquals(0, second.compiled(), second.toString());
      assertTrue(second.kernels() > 100, second.toString());
      assertTrue(second.replayed() <= GRAPHS, second.toString());
      assertTrue(second.waits() <= WAITS, second.toString());
      // The arguments of each graph, the sinusoids, and the number that comes back.
      assertEquals(second.replayed() + 2, second.copies(), second.toString());
      assertEquals(SINUSOIDS, second.sent(), second.toString());
      assertEquals(0, second.onHost(), second.toString());
    }
  }

  private static Tensor full(Device device, double value, long... dims) {
    return Tensor.full(device, DType.F32, Shape.of(dims), value).keepForever();
  }

  /** A pass, and a number of its result. */
  private static float pass(Mmdit model, Tensor latents, Tensor text, Tensor pooled) {
    Device device = model.device();
    float number;
    try (var _ = device.memory().scope()) {
      Tensor velocity =
          model
              .forward(
                  Variable.constant(latents),
                  new float[] {500},
                  Conditioning.of(text, pooled),
                  ForwardPass.BASE)
              .value();
      number = velocity.reshape(-1).narrow(7, 1).toFloats()[0];
    }
    device.section(() -> "pass");
    return number;
  }
}
