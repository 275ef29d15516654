package org.diffusionnft.tensor;

/**
 * What a user may choose about a device.
 *
 * @param threads threads that compute, 1 to 1024; results do not depend on it
 * @param mebibytes size of the memory that a device with its own reserves for tensors; 0 for the
 *     device's default
 * @param tellPlans whether the device logs what it compiles, replays, copies and leaves to the
 *     reference device
 */
public record DeviceOptions(int threads, int mebibytes, boolean tellPlans) {
  private static final int MOST_THREADS = 1024;
  private static final int MOST_MEBIBYTES = 1 << 20;

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException for a number out of its range
   */
  public DeviceOptions {
    if (threads < 1) {
      throw new InvalidInputException("threads must be at least 1, not " + threads);
    }
    if (threads > MOST_THREADS) {
      throw new InvalidInputException(
          "threads must be at most " + MOST_THREADS + ", not " + threads);
    }
    if (mebibytes < 0 || mebibytes > MOST_MEBIBYTES) {
      throw new InvalidInputException(
          "a device's memory must be 0 (its default) to %d MiB, not %d"
              .formatted(MOST_MEBIBYTES, mebibytes));
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
