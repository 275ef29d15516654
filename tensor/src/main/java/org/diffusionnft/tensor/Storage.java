package org.diffusionnft.tensor;

/**
 * Memory of one device that tensors are views of: {@link HostStorage} on the CPU, else the device's
 * own type.
 */
public interface Storage {
  /** Usable bytes. */
  long bytes();
}
