package org.diffusionnft.tensor;

import java.util.List;

/** Finds and opens the devices of a module; registered with {@link java.util.ServiceLoader}. */
public interface DeviceProvider {

  /**
   * What a provider found on this machine.
   *
   * @param devices the devices that can be opened, best first
   * @param missing what was not found and how to get it, in one sentence; empty if nothing is
   *     missing
   */
  record Found(List<Description> devices, String missing) {}

  /**
   * One device that can be opened.
   *
   * @param name what {@code --device} takes
   * @param details one line that describes it: lanes, threads, memory
   */
  record Description(String name, String details) {}

  /** The part of a device's name before the first colon: {@code reference}, {@code vector}, .... */
  String family();

  /** Where the user names no device, the provider of highest priority that found one opens it. */
  int priority();

  /** Looks for devices, once; must not throw and must not be slow. */
  Found probe();

  /**
   * Opens a device that {@link #probe} listed.
   *
   * @throws IllegalArgumentException if it listed no device of this name
   */
  Device open(String name, DeviceOptions options);
}
