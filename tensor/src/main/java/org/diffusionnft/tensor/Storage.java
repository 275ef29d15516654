package org.diffusionnft.tensor;

/**
 * Memory of one device, of which tensors are views: {@link HostStorage} on the CPU, else the
 * device's own kind.
 */
public interface Storage {
  /** Usable bytes. */
  long bytes();
}
