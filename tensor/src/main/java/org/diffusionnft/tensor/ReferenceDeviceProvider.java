package org.diffusionnft.tensor;

import java.util.List;

/** Offers the reference device everywhere, as the last choice. */
public final class ReferenceDeviceProvider implements DeviceProvider {
  @Override
  public String family() {
    return "reference";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Found probe() {
    return new Found(
        List.of(new Description("reference", "plain loops in double precision, one thread")), "");
  }

  @Override
  public Device open(String name, DeviceOptions options) {
    return new ReferenceDevice();
  }
}
