package org.diffusionnft.tensor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Finds devices. The choice is made here and nowhere else. */
public final class Devices {
  private Devices() {}

  /** All providers, the preferred one first; the reference device is always among them. */
  public static List<DeviceProvider> providers() {
    List<DeviceProvider> found = new ArrayList<>();
    found.add(new ReferenceDeviceProvider());
    ServiceLoader.load(DeviceProvider.class).forEach(found::add);
    found.sort(Comparator.comparingInt(DeviceProvider::priority).reversed());
    return found;
  }

  /** Opens the preferred device of this machine. */
  public static Device openDefault(DeviceOptions options) {
    for (DeviceProvider provider : providers()) {
      List<DeviceProvider.Description> devices = provider.probe().devices();
      if (!devices.isEmpty()) {
        return provider.open(devices.getFirst().name(), options);
      }
    }
    throw new IllegalStateException("not even the reference device was found");
  }

  /**
   * Opens the device of this name, or the first of this family. Never falls back to another.
   *
   * @throws InvalidInputException if there is none, naming what there is and what is missing
   */
  public static Device open(String name, DeviceOptions options) {
    List<String> known = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (DeviceProvider provider : providers()) {
      DeviceProvider.Found found = provider.probe();
      for (DeviceProvider.Description device : found.devices()) {
        if (device.name().equals(name) || device.name().startsWith(name + ":")) {
          return provider.open(device.name(), options);
        }
        known.add(device.name());
      }
      if (!found.missing().isEmpty()) {
        missing.add(found.missing());
      }
    }
    throw new InvalidInputException(
        "there is no device '"
            + name
            + "' here; there are "
            + String.join(", ", known)
            + missing.stream().map(m -> "; " + m).collect(Collectors.joining()));
  }
}
