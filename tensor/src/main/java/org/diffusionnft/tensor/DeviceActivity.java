package org.diffusionnft.tensor;

/**
 * What a device has done since it was opened, apart from running kernels in this process: what a
 * device with its own memory and plans compiled and copied, and what any device left to the host.
 *
 * @param compiled plans that were compiled
 * @param replayed runs of plans that had been compiled before
 * @param kernels kernel calls; one run of a plan makes one or more
 * @param copies copies between host and device, of tensors and of run arguments
 * @param waits how often the host waited for the device: for the end of a run, or for a tensor
 * @param sent bytes of tensors copied to the device
 * @param arguments bytes of arguments (positions, sizes, scalars) copied with the runs
 * @param received bytes of tensors copied back
 * @param onHost operations that the reference device computed on the host, because no kernel
 *     accepts their operands; see {@link Fallback}
 */
public record DeviceActivity(
    long compiled,
    long replayed,
    long kernels,
    long copies,
    long waits,
    long sent,
    long arguments,
    long received,
    long onHost) {
  /** All zeros: what the reference device always reports. */
  public static final DeviceActivity NONE = new DeviceActivity(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** The activity since an earlier state. */
  public DeviceActivity since(DeviceActivity earlier) {
    return new DeviceActivity(
        compiled - earlier.compiled,
        replayed - earlier.replayed,
        kernels - earlier.kernels,
        copies - earlier.copies,
        waits - earlier.waits,
        sent - earlier.sent,
        arguments - earlier.arguments,
        received - earlier.received,
        onHost - earlier.onHost);
  }

  /** One line for the log. */
  @Override
  public String toString() {
    return "%d compiled, %d replayed, %d kernels, %d copies, %d waits, %d bytes to the device and %d of arguments, %d bytes back, %d operations on the host"
        .formatted(compiled, replayed, kernels, copies, waits, sent, arguments, received, onHost);
  }
}
