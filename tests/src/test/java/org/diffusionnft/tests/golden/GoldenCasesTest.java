package org.diffusionnft.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.DeviceProvider;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.verify.Check;
import org.diffusionnft.verify.Verification;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden case on the reference device, the vector device and all of TornadoVM's devices. */
@Tag("slow")
class GoldenCasesTest {
  static Stream<Arguments> casesAndDevices() throws IOException {
    return cases().flatMap(c -> devices().map(d -> Arguments.of(c, d)));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("casesAndDevices")
  void outputsAreThoseOfTheReferenceImplementation(String name, String deviceName)
      throws IOException {
    try (Device device = Devices.open(deviceName, DeviceOptions.defaults())) {
      long live = device.memory().liveBytes();
      Verification done = Verification.run(golden().resolve(name), device, check -> {});
      List<String> wrong =
          done.checks().stream().filter(c -> !c.passed()).map(Check::toString).toList();
      assertEquals(List.of(), wrong);
      assertTrue(done.checks().size() > 2, done.checks().toString());
      assertEquals(live, device.memory().liveBytes(), "memory was not returned");
    }
  }

  private static Stream<String> devices() {
    return Stream.concat(
        Stream.of("reference", "vector"),
        Devices.providers().stream()
            .filter(p -> p.family().equals("tornado"))
            .flatMap(p -> p.probe().devices().stream())
            .map(DeviceProvider.Description::name));
  }

  private static Stream<String> cases() throws IOException {
    try (Stream<Path> folders = Files.list(golden())) {
      return folders
          .filter(Files::isDirectory)
          .map(f -> f.getFileName().toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  static Path golden() {
    try {
      var marker = Objects.requireNonNull(GoldenCasesTest.class.getResource("/golden/README.md"));
      return Objects.requireNonNull(Path.of(marker.toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
