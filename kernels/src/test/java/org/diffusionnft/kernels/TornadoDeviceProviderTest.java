package org.diffusionnft.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.DeviceProvider.Found;
import org.junit.jupiter.api.Test;

/** What is said on a machine without TornadoVM, or with one that is not used. */
class TornadoDeviceProviderTest {

  @Test
  void anUnsetHomeSaysHowToInstallAndWhatToSet() {
    Found found = TornadoDeviceProvider.look(Map.of(), false);
    assertEquals(List.of(), found.devices());
    assertTrue(found.missing().contains("set TORNADOVM_HOME"), found.missing());
    assertTrue(found.missing().contains("tornadovm-installer"), found.missing());
  }

  @Test
  void aJvmWithoutItsFlagsIsToldOf() {
    Found found = TornadoDeviceProvider.look(Map.of("TORNADOVM_HOME", "/opt/sdk"), false);
    assertEquals(List.of(), found.devices());
    assertTrue(found.missing().contains("/opt/sdk/tornado-argfile"), found.missing());
  }

  @Test
  void whatTornadoVmSaysOfAMissingDriverIsToldWithoutColours() {
    RuntimeException thrown =
        new RuntimeException(
            new IllegalStateException(
                "\u001B[31m[WARNING] No OpenCL platforms found. Deoptimizing to sequential"
                    + " execution.\u001B[0m"));
    assertEquals("No OpenCL platforms found", TornadoMessages.reason(thrown));
  }
}
