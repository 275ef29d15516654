package org.diffusionnft.tensor;

/**
 * Memory of one device that tensors look into: {@link HostStorage} on the CPU, else the device's.
 */
public interface Storage {
  /** Usable bytes. */
  long bytes();
}
