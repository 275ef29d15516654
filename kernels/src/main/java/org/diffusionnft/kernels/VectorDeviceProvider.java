package org.diffusionnft.kernels;

import java.util.List;
import jdk.incubator.vector.VectorShape;
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
      return new Found(List.of(new Description(NAME, details())), "");
    } catch (LinkageError e) {
      return new Found(
          List.of(),
          "the vector device needs the JVM flags --add-modules jdk.incubator.vector and"
              + " --enable-native-access=org.diffusionnft.kernels (ALL-UNNAMED on a class path)");
    }
  }

  private static String details() {
    VectorShape shape;
    try {
      shape = VectorWidth.shape();
    } catch (InvalidInputException e) {
      // Opening the device throws it; another device must not silently replace it.
      return String.valueOf(e.getMessage());
    }
    return shape.vectorBitSize() / Float.SIZE
        + " float lanes ("
        + shape.vectorBitSize()
        + " bits"
        + (VectorWidth.forced() ? ", forced by " + VectorWidth.PROPERTY : "")
        + "), up to "
        + Runtime.getRuntime().availableProcessors()
        + " threads; "
        + kernels();
  }

  /** As with the width: an invalid choice is rejected when the device is opened. */
  private static String kernels() {
    try {
      return Formats.get().summary();
    } catch (InvalidInputException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Override
  public Device open(String name, DeviceOptions options) {
    if (!name.equals(NAME)) {
      throw new InvalidInputException(
          "there is no device '" + name + "' here, only '" + NAME + "'");
    }
    // Check here, not when Lanes is initialised: that error would hide the message.
    VectorWidth.shape();
    return new VectorDevice(options);
  }
}
