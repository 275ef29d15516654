package org.diffusionnft.kernels;

import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.DeviceProvider.Found;

/**
 * Opens TornadoVM's devices. The one class behind which every reference to TornadoVM sits is
 * registered for {@link java.util.ServiceLoader}; only the Maven profile {@code tornado} builds it.
 */
public interface TornadoOpener {
  /** Asks TornadoVM for its devices; may be slow, and throws whatever TornadoVM throws. */
  Found probe();

  /**
   * Opens a device that {@link #probe} listed.
   *
   * @throws IllegalArgumentException if its memory cannot be had
   */
  Device open(String name, DeviceOptions options);
}
