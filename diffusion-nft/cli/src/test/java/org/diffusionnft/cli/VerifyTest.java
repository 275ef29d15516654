package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class VerifyTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir Path folder;

  @Test
  void aCaseAsExpected() throws IOException {
    assertEquals(0, run("verify", "--device", "reference", decayCase("good", 0.005).toString()));
    List<String> lines = out.toString().lines().toList();
    assertEquals("good: ok      error 0         tolerance exact  type1", lines.get(0));
    assertTrue(
        lines.get(1).startsWith("good: PASSED: 1 outputs of kind return_decay on reference"),
        lines.get(1));
    assertEquals(2, lines.size());
    assertTrue(err.toString().startsWith("device: reference"), err.toString());
    assertEquals(1, err.toString().lines().count());
  }

  @Test
  void aWrongOutput() throws IOException {
    String bad = decayCase("bad", 0.006).toString();
    assertEquals(1, run("verify", "--device", "reference", "--failures", bad));
    List<String> lines = out.toString().lines().toList();
    assertEquals("bad: FAILED  error 1.00e-03  tolerance exact  type1", lines.get(0));
    assertTrue(lines.get(1).startsWith("bad: FAILED, 1 not as expected: 1 outputs"));
  }

  @Test
  void noCaseAtAllIsToldAndTheOthersStillRun() throws IOException {
    Path good = decayCase("good", 0.005);
    Path absent = folder.resolve("absent");
    assertEquals(2, run("verify", "--device", "reference", "" + absent, "" + good));
    assertTrue(err.toString().endsWith("dnft: " + absent + ": no such case folder\n"), "" + err);
    assertTrue(out.toString().contains("good: PASSED"), out.toString());
  }

  @Test
  void kernelsAreCheckedWhereThereAreNoCasesAndReported() throws IOException {
    Path markdown = folder.resolve("device.md");
    Path json = folder.resolve("device.json");
    String[] reports = {"--report", "" + markdown, "--report", "" + json};
    assertEquals(
        0, run("verify", "--kernel", "lerp", reports[0], reports[1], reports[2], reports[3]));
    assertTrue(out.toString().startsWith("lerp: PASSED: 4 cases on vector"), out.toString());
    assertTrue(Files.readString(markdown).contains("| lerp | 4 | 0 |"));
    assertTrue(Files.readString(json).contains("\"subject\" : \"lerp\""));
    assertEquals(2, run("verify", "--report", "device.txt"));
    assertTrue(err.toString().contains("must end with .md or .json"), err.toString());
    assertEquals(2, run("verify", "--kernel", "frobnicate"));
    assertTrue(err.toString().contains("there is no kernel 'frobnicate'"), err.toString());
  }

  @Test
  void halfPrecisionIsNotForOnnx() {
    assertEquals(2, run("verify", "--onnx", "" + folder, "--precision", "bf16"));
    assertTrue(err.toString().contains("--onnx computes in f32 only"), err.toString());
  }

  @Test
  void unknownDevice() {
    assertEquals(2, run("verify", "--device", "abacus", "x"));
    assertTrue(err.toString().contains("there is no device 'abacus' here"), err.toString());
  }

  /** The decay of step 5 is 0.005. */
  private Path decayCase(String name, double expected) throws IOException {
    Path path = Files.createDirectory(folder.resolve(name));
    Files.writeString(path.resolve("config.json"), "{\"case\": \"return_decay\"}");
    try (ReferenceDevice device = new ReferenceDevice()) {
      SafetensorsWriter.write(
          path.resolve("inputs.safetensors"),
          Map.of("step", Tensor.of(device, new long[] {5}, 1)),
          Map.of());
      SafetensorsWriter.write(
          path.resolve("expected.safetensors"),
          Map.of("type1", Tensor.of(device, new double[] {expected}, 1)),
          Map.of());
    }
    return path;
  }

  private int run(String... args) {
    return Dnft.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }
}
