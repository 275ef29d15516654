package org.diffusionnft.tests.tornado;

import java.util.List;
import org.diffusionnft.tensor.DeviceProvider;
import org.diffusionnft.tensor.Devices;

/** TornadoVM's devices on this machine. */
final class TornadoDevices {
  private TornadoDevices() {}

  /** Whether this JVM runs with TornadoVM: then there must be a device. */
  static boolean expected() {
    return ModuleLayer.boot().findModule("tornado.runtime").isPresent();
  }

  /** Whether this JVM runs with TornadoVM's OpenCL backend. */
  static boolean openClExpected() {
    return ModuleLayer.boot().findModule("tornado.drivers.opencl").isPresent();
  }

  /** Their names; none without TornadoVM. */
  static List<String> names() {
    return Devices.providers().stream()
        .filter(p -> p.family().equals("tornado"))
        .flatMap(p -> p.probe().devices().stream())
        .map(DeviceProvider.Description::name)
        .toList();
  }
}
