package org.diffusionnft.tensor;

/**
 * The device settings that a user can choose.
 *
 * @param threads number of compute threads, 1 to 1024; results do not depend on it
 * @param mebibytes MiB that a device with its own memory reserves for tensors; 0 for the device's
 *     default
 * @param tellPlans whether the device logs what it compiles, replays, copies and leaves to the
 *     reference device
 */
public record DeviceOptions(int threads, int mebibytes, boolean tellPlans) {
  private static final int MOST_THREADS = 1024;
  private static final int MOST_MEBIBYTES = 1 << 20;

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException if a number is out of range
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

  /** This number of threads; defaults otherwise. */
  public DeviceOptions(int threads) {
    this(threads, 0, false);
  }

  /** All processors. */
  public static DeviceOptions defaults() {
    return new DeviceOptions(Runtime.getRuntime().availableProcessors());
  }
}
