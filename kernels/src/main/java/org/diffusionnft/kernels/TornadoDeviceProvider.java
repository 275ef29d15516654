package org.diffusionnft.kernels;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.DeviceProvider;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * Reports whether TornadoVM is available, and if not, what is missing. It has no dependency on
 * TornadoVM: the cheap checks (is it installed, does this JVM run with it, was the profile built)
 * come first, and only then is the {@link TornadoOpener} probed, once.
 */
public final class TornadoDeviceProvider implements DeviceProvider {
  private static final String FAMILY = "tornado";

  /** Below the CPU devices: a TornadoVM device is used only when requested. */
  private static final int PRIORITY = -10;

  private static final String HOME = "TORNADOVM_HOME";

  private static @Nullable Found probed;

  @Override
  public String family() {
    return FAMILY;
  }

  @Override
  public int priority() {
    return PRIORITY;
  }

  @Override
  public Found probe() {
    synchronized (TornadoDeviceProvider.class) {
      Found known = probed;
      if (known == null) {
        known = look(System.getenv(), ModuleLayer.boot().findModule("tornado.runtime").isPresent());
        probed = known;
      }
      return known;
    }
  }

  @Override
  public Device open(String name, DeviceOptions options) {
    return opener()
        .orElseThrow(() -> new InvalidInputException("there is no device '" + name + "' here"))
        .open(name, options);
  }

  /** The result, given the environment and whether TornadoVM's modules are in this JVM. */
  static Found look(Map<String, String> environment, boolean modules) {
    String home = environment.getOrDefault(HOME, "");
    if (home.isEmpty() && !modules) {
      return missing(
          "tornado devices need a TornadoVM SDK: install one (sdk install tornadovm, or its"
              + " tornadovm-installer with --backend opencl, ptx or cuda) and set "
              + HOME
              + " to its folder");
    }
    if (!modules) {
      return missing(
          "tornado devices need a JVM started with the flags in "
              + home
              + "/tornado-argfile, which ./dnft adds when that file exists");
    }
    Optional<TornadoOpener> opener = opener();
    if (opener.isEmpty()) {
      return missing("tornado devices need a build with the Maven profile: mvn -Ptornado package");
    }
    try {
      return opener.get().probe();
    } catch (RuntimeException | LinkageError e) {
      // A second attempt would only say that a class could not be initialised, so keep the result.
      return missing(
          "TornadoVM found no driver it can use ("
              + TornadoMessages.reason(e)
              + "): install one, for the processor apt install pocl-opencl-icd, and check that"
              + " clinfo or nvidia-smi lists a device; of several backends ./dnft uses those that"
              + " DNFT_TORNADO_BACKENDS names, such as opencl");
    }
  }

  private static Optional<TornadoOpener> opener() {
    return ServiceLoader.load(TornadoOpener.class).findFirst();
  }

  private static Found missing(String sentence) {
    return new Found(List.of(), sentence);
  }
}
