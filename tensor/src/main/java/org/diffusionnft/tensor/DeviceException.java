package org.diffusionnft.tensor;

/**
 * A device cannot compute: its driver refuses a kernel, or does not respond. The message is one
 * sentence for the user, with the kernel's name and what the driver said.
 */
public final class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** A sentence for the user. */
  public DeviceException(String message) {
    super(message);
  }

  /** A sentence for the user and the exception that TornadoVM or the driver threw. */
  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
