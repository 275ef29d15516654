package org.diffusionnft.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.diffusionnft.conformance.Conformance;
import org.diffusionnft.conformance.ConformanceCase;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.ReferenceDevice;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The vector device against the reference device, kernel by kernel. The build runs it once at each
 * width of vectors that {@link VectorWidth} knows.
 */
final class VectorConformanceTest {
  private static Device reference;
  private static Device one;
  private static Device two;
  private static Device three;

  @BeforeAll
  static void open() {
    reference = new ReferenceDevice();
    one = new VectorDevice(new DeviceOptions(1));
    two = new VectorDevice(new DeviceOptions(2));
    three = new VectorDevice(new DeviceOptions(3));
  }

  @AfterAll
  static void close() {
    List.of(reference, one, two, three).forEach(Device::close);
  }

  @Test
  void vectorsAreAsWideAsTheyAreForcedToBe() {
    String bits = System.getProperty(VectorWidth.PROPERTY);
    if (bits != null) {
      assertEquals(Integer.parseInt(bits), Lanes.FLOATS.vectorBitSize());
    }
    assertEquals(Lanes.FLOATS.vectorBitSize(), Lanes.INTS.vectorBitSize());
  }

  /** A device whose results depend on the number of threads would make no run repeatable. */
  @TestFactory
  Stream<DynamicTest> everyKernelComputesWhatTheReferenceDeviceDoesOnAnyNumberOfThreads() {
    return Conformance.cases().stream()
        .map(c -> DynamicTest.dynamicTest(c.name(), () -> verify(c)));
  }

  private static void verify(ConformanceCase c) {
    List<double[]> expected = Conformance.run(c, reference);
    long before = one.memory().liveBytes();
    List<double[]> found = Conformance.run(c, one);
    assertEquals(before, one.memory().liveBytes(), "live bytes after the case");
    Conformance.Outcome outcome = Conformance.compare(c, expected, found, 0);
    assertTrue(outcome.passed(), outcome.problem());
    for (Device other : List.of(two, three)) {
      List<double[]> again = Conformance.run(c, other);
      assertEquals(found.size(), again.size());
      for (int output = 0; output < found.size(); output++) {
        assertArrayEquals(found.get(output), again.get(output), "on more threads");
      }
    }
  }
}
