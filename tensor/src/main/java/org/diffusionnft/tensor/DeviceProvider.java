package org.diffusionnft.tensor;

import java.util.List;

/** What a module that brings devices registers with {@link java.util.ServiceLoader}. */
public interface DeviceProvider {

  /**
   * What a provider found on this machine.
   *
   * @param devices the devices that can be opened, best first
   * @param missing what was not found and what would bring it, in one sentence; empty if nothing
   */
  record Found(List<Description> devices, String missing) {}

  /**
   * One device that can be opened.
   *
   * @param name what {@code --device} takes
   * @param details lanes, threads, memory: one line for people
   */
  record Description(String name, String details) {}

  /** The part of a device's name before the first colon: {@code reference}, {@code vector}, .... */
  String family();

  /** The provider with the highest priority that found a device serves when none is asked for. */
  int priority();

  /** Looks once for devices; must not throw and must not be slow. */
  Found probe();

  /**
   * Opens a device that {@link #probe} listed.
   *
   * @throws IllegalArgumentException if the name is none of those
   */
  Device open(String name, DeviceOptions options);
}
