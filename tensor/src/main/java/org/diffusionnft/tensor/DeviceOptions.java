package org.diffusionnft.tensor;

/**
 * What a user may choose about a device.
 *
 * @param threads threads that compute, at least 1; results do not depend on it
 * @param mebibytes size of the memory that a device with its own reserves for tensors; 0 for the
 *     device's default
 * @param tellPlans whether the device logs what it compiles, replays, copies and leaves to the
 *     reference device
 */
public record DeviceOptions(int threads, int mebibytes, boolean tellPlans) {
  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException for less than one thread or negative memory
   */
  public DeviceOptions {
    if (threads < 1) {
      throw new InvalidInputException("threads must be at least 1, not " + threads);
    }
    if (mebibytes < 0) {
      throw new InvalidInputException(
          "a device's memory must be 0 (its default) or more MiB, not " + mebibytes);
    }
  }

  /** A number of threads, and defaults otherwise. */
  public DeviceOptions(int threads) {
    this(threads, 0, false);
  }

  /** All processors. */
  public static DeviceOptions defaults() {
    return new DeviceOptions(Runtime.getRuntime().availableProcessors());
  }
}
