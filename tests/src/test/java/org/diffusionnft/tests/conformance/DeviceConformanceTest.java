package org.diffusionnft.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.diffusionnft.conformance.Conformance;
import org.diffusionnft.conformance.ConformanceCase;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.DeviceProvider;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.ReferenceDevice;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Devices found here against the reference device, kernel by kernel; the vector device is tried so
 * in its own module, at every width of vectors.
 */
final class DeviceConformanceTest {
  private static final List<Device> OPENED = new ArrayList<>();

  @TestFactory
  Stream<DynamicContainer> everyDeviceComputesWhatTheReferenceDeviceDoes() {
    return devices()
        .map(
            name -> {
              Device device = open(name, 2);
              Device reference = opened(new ReferenceDevice());
              return DynamicContainer.dynamicContainer(
                  name, Conformance.cases().stream().map(c -> verification(c, device, reference)));
            });
  }

  private static DynamicTest verification(ConformanceCase c, Device device, Device reference) {
    return DynamicTest.dynamicTest(
        c.name(),
        () -> {
          long before = device.memory().liveBytes();
          Conformance.Outcome outcome = Conformance.verify(c, device, reference);
          assertTrue(outcome.passed(), outcome.problem());
          assertEquals(before, device.memory().liveBytes(), "live bytes after the case");
        });
  }

  /** A device whose results depend on the number of threads would make no run repeatable. */
  @TestFactory
  Stream<DynamicContainer> resultsDoNotDependOnTheNumberOfThreads() {
    return devices()
        .map(
            name -> {
              Device one = open(name, 1);
              Device two = open(name, 2);
              Device three = open(name, 3);
              return DynamicContainer.dynamicContainer(
                  name, Conformance.cases().stream().map(c -> sameBits(c, one, two, three)));
            });
  }

  private static DynamicTest sameBits(ConformanceCase c, Device... devices) {
    return DynamicTest.dynamicTest(
        c.name(),
        () -> {
          List<double[]> expected = Conformance.run(c, devices[0]);
          for (int i = 1; i < devices.length; i++) {
            List<double[]> found = Conformance.run(c, devices[i]);
            assertEquals(expected.size(), found.size());
            for (int output = 0; output < found.size(); output++) {
              assertArrayEquals(expected.get(output), found.get(output), (i + 1) + " threads");
            }
          }
        });
  }

  /**
   * The suite must be able to fail: the reference device itself is exact, a wrong device is not.
   */
  @Test
  void aWrongResultIsReported() {
    try (Device reference = new ReferenceDevice();
        Device same = new ReferenceDevice()) {
      ConformanceCase right = Conformance.cases().getFirst();
      ConformanceCase wrong =
          new ConformanceCase(
              "wrong",
              "addition",
              right.tolerance(),
              s -> List.of(s.device() == same ? s.normal(5) : s.uniform(0, 1, 5)));
      assertTrue(Conformance.verify(right, same, reference).passed());
      assertTrue(Conformance.verify(wrong, same, reference).problem().contains("expected"));
    }
  }

  @AfterAll
  static void close() {
    OPENED.forEach(Device::close);
    OPENED.clear();
  }

  private static Stream<String> devices() {
    return Devices.providers().stream()
        .flatMap(p -> p.probe().devices().stream())
        .map(DeviceProvider.Description::name)
        .filter(name -> !name.equals("reference") && !name.equals("vector"));
  }

  private static Device open(String name, int threads) {
    return opened(Devices.open(name, new DeviceOptions(threads)));
  }

  private static Device opened(Device device) {
    OPENED.add(device);
    return device;
  }
}
