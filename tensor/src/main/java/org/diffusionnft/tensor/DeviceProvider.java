package org.diffusionnft.tensor;

import java.util.List;

/** Finds and opens the devices of a module; registered with {@link java.util.ServiceLoader}. */
public interface DeviceProvider {

  /**
   * The result of a probe of this machine.
   *
   * @param devices the devices that can be opened, best first
   * @param missing what was not found and how to get it, in one sentence; empty if nothing is
   *     missing
   */
  record Found(List<Description> devices, String missing) {}

  /**
   * One device that can be opened.
   *
   * @param name the value for {@code --device}
   * @param details one line that describes it: lanes, threads, memory
   */
  record Description(String name, String details) {}

  /** The part of a device's name before the first colon: {@code reference}, {@code vector}, .... */
  String family();

  /**
   * If the user names no device, the provider with the highest priority that found one opens it.
   */
  int priority();

  /** Looks for devices, once; must not throw and must not be slow. */
  Found probe();

  /**
   * Opens a device that {@link #probe} listed.
   *
   * @throws IllegalArgumentException if it listed no device with this name
   */
  Device open(String name, DeviceOptions options);
}
