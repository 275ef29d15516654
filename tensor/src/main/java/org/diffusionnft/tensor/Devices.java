package org.diffusionnft.tensor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/** Finds devices. The choice of device is made only here. */
public final class Devices {
  private static final System.Logger LOG = System.getLogger(Devices.class.getPackageName());
  private static final AtomicBoolean WARNED = new AtomicBoolean();
  private static final String NO_KERNELS =
      "the artifact org.diffusionnft:kernels, which has the fast devices, is not on the class path"
          + " or module path";

  private Devices() {}

  /** All providers, the preferred one first; the reference device's is always included. */
  public static List<DeviceProvider> providers() {
    List<DeviceProvider> found = new ArrayList<>();
    found.add(new ReferenceDeviceProvider());
    ServiceLoader.load(DeviceProvider.class).forEach(found::add);
    found.sort(Comparator.comparingInt(DeviceProvider::priority).reversed());
    return found;
  }

  /**
   * Opens the preferred device of this machine. If only the reference device is available, which is
   * hundreds of times slower than the others, logs a warning once that says what is missing.
   */
  public static Device openDefault(DeviceOptions options) {
    List<String> missing = new ArrayList<>();
    for (DeviceProvider provider : providers()) {
      DeviceProvider.Found found = provider.probe();
      if (!found.devices().isEmpty()) {
        if (provider instanceof ReferenceDeviceProvider && !WARNED.getAndSet(true)) {
          LOG.log(System.Logger.Level.WARNING, slow(missing));
        }
        return provider.open(found.devices().getFirst().name(), options);
      }
      if (!found.missing().isEmpty()) {
        missing.add(found.missing());
      }
    }
    throw new IllegalStateException("not even the reference device was found");
  }

  /**
   * The warning that the reference device is in use, and why.
   *
   * @param missing what each provider of a faster device lacks; empty if there is no such provider
   */
  static String slow(List<String> missing) {
    return "computing on the slow reference device: "
        + (missing.isEmpty() ? NO_KERNELS : String.join("; ", missing));
  }

  /**
   * Opens the device with this name, or the first of this family. Never falls back to another.
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
