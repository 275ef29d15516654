package org.diffusionnft.verify.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.verify.onnx.OnnxOutcome.Verdict;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A selection of the public test cases of the {@code onnx} package. */
@Tag("slow")
class OnnxCasesTest {
  private static final Path CASES = Path.of("src/test/resources/onnx");
  private static final String ONE = "test_gemm_all_attributes";

  @TempDir private Path folder;

  private static OnnxCases run(Path cases, String name) throws IOException {
    List<OnnxOutcome> heard = new ArrayList<>();
    try (Device device = Devices.open(name, DeviceOptions.defaults())) {
      OnnxCases done = OnnxCases.run(cases, device, heard::add);
      assertEquals(heard, done.outcomes());
      assertEquals(0, device.memory().liveBytes(), "memory was not returned");
      return done;
    }
  }

  private Path copied() throws IOException {
    Path from = CASES.resolve(ONE);
    Path to = folder.resolve("cases").resolve(ONE);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "vector"})
  void everyCasePasses(String device) throws IOException {
    OnnxCases done = run(CASES, device);
    assertEquals(
        List.of(), done.outcomes().stream().filter(o -> o.verdict() != Verdict.PASSED).toList());
    assertEquals(51, done.outcomes().size());
    assertEquals("51 passed, 0 not supported, 0 failed", done.summary());
  }

  @Test
  void wrongOutputFailsAndLooserToleranceHelps() throws IOException {
    Path one = copied();
    Path output = one.resolve("test_data_set_0").resolve("output_0.pb");
    byte[] bytes = Files.readAllBytes(output);
    bytes[bytes.length - 1] ^= 1; // the last element's sign and exponent
    Files.write(output, bytes);
    OnnxOutcome failed = run(folder.resolve("cases"), "vector").outcomes().getFirst();
    assertEquals(Verdict.FAILED, failed.verdict());
    assertTrue(failed.sentence().contains("output 'y' has"), failed.sentence());
    Files.writeString(one.resolve("tolerance.txt"), "atol 1e30\nrtol 1\n");
    assertEquals(1, run(folder.resolve("cases"), "vector").count(Verdict.PASSED));
    Files.writeString(one.resolve("tolerance.txt"), "atol much\n");
    OnnxOutcome unclear = run(folder.resolve("cases"), "vector").outcomes().getFirst();
    assertTrue(unclear.sentence().contains("'atol much'"), unclear.sentence());
  }

  @Test
  void damagedModelIsASentenceAndNoEnd() throws IOException {
    Path model = copied().resolve("model.onnx");
    byte[] bytes = Files.readAllBytes(model);
    Files.write(model, Arrays.copyOf(bytes, bytes.length / 2));
    OnnxOutcome failed = run(folder.resolve("cases"), "vector").outcomes().getFirst();
    assertEquals(Verdict.FAILED, failed.verdict());
    assertFalse(failed.sentence().contains("crashed"), failed.sentence());
  }

  @Test
  void wantOfMemoryFailsOneCaseAndNotTheOthers() throws IOException {
    copied();
    Device full =
        (Device)
            Proxy.newProxyInstance(
                Device.class.getClassLoader(),
                new Class<?>[] {Device.class},
                (_, _, _) -> {
                  throw new OutOfMemoryError("Java heap space");
                });
    OnnxOutcome failed =
        OnnxCases.run(folder.resolve("cases"), full, _ -> {}).outcomes().getFirst();
    assertEquals(Verdict.FAILED, failed.verdict());
    assertTrue(failed.sentence().contains("needs more memory"), failed.sentence());
  }

  @Test
  void folderWithoutCasesIsRefused() {
    assertThrows(InvalidInputException.class, () -> run(folder, "vector"));
    assertThrows(InvalidInputException.class, () -> run(folder.resolve("none"), "vector"));
  }

  @Test
  void tableNamesOperatorsAndCounts() throws IOException {
    Path file = folder.resolve("operators.md");
    run(CASES, "vector").write(file);
    String table = Files.readString(file);
    assertTrue(table.contains("51 passed, 0 not supported, 0 failed"), table);
    assertTrue(table.contains("| Gemm | 1 | 0 | 0 |"), table);
  }
}
