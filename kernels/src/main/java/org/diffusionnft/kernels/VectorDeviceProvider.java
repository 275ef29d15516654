package org.diffusionnft.kernels;

import java.util.List;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.DeviceProvider;
import org.diffusionnft.tensor.InvalidInputException;

/** Offers {@link VectorDevice} where the JVM runs with the Vector API. */
public final class VectorDeviceProvider implements DeviceProvider {
  private static final String NAME = "vector";
  private static final int PRIORITY = 100;

  @Override
  public String family() {
    return NAME;
  }

  @Override
  public int priority() {
    return PRIORITY;
  }

  @Override
  public Found probe() {
    try {
      return new Found(
          List.of(
              new Description(
                  NAME,
                  Lanes.LANES
                      + " float lanes ("
                      + Lanes.FLOATS.vectorBitSize()
                      + " bits), up to "
                      + Runtime.getRuntime().availableProcessors()
                      + " threads")),
          "");
    } catch (LinkageError e) {
      return new Found(
          List.of(),
          "the vector device needs the JVM flags --add-modules jdk.incubator.vector and"
              + " --enable-native-access=org.diffusionnft.kernels (ALL-UNNAMED on a class path)");
    }
  }

  @Override
  public Device open(String name, DeviceOptions options) {
    if (!name.equals(NAME)) {
      throw new InvalidInputException(
          "there is no device '" + name + "' here, only '" + NAME + "'");
    }
    return new VectorDevice(options);
  }
}
