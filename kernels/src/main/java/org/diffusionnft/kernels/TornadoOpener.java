package org.diffusionnft.kernels;

import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.DeviceProvider.Found;

/**
 * Opens TornadoVM's devices. The implementation, which contains every reference to TornadoVM, is
 * registered for {@link java.util.ServiceLoader}; only the Maven profile {@code tornado} builds it.
 */
public interface TornadoOpener {
  /** Queries TornadoVM for its devices; may be slow, and throws whatever TornadoVM throws. */
  Found probe();

  /**
   * Opens a device that {@link #probe} listed.
   *
   * @throws IllegalArgumentException if its memory cannot be allocated
   */
  Device open(String name, DeviceOptions options);
}
