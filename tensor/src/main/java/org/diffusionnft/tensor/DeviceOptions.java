package org.diffusionnft.tensor;

/**
 * What a user may choose about a device.
 *
 * @param threads threads that compute, at least 1; results do not depend on it
 */
public record DeviceOptions(int threads) {
  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException for less than one thread
   */
  public DeviceOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
  }

  /** All processors. */
  public static DeviceOptions defaults() {
    return new DeviceOptions(Runtime.getRuntime().availableProcessors());
  }
}
