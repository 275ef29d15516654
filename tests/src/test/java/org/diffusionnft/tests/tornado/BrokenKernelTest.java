package org.diffusionnft.tests.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.diffusionnft.tests.cli.DnftProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kernels that are broken on purpose, by flags of the OpenCL compiler or by other Java in their
 * place: the suite must notice, and nothing else may compute in their place.
 */
@EnabledIf("org.diffusionnft.tests.tornado.TornadoDevices#openClExpected")
class BrokenKernelTest {
  private static final String COMPILER = "-Dtornado.opencl.compiler.flags=-w ";

  private record Ended(int exitCode, String out) {}

  @Test
  void aKernelThatComputesWrongFailsItsCasesAndNoOthers() throws Exception {
    Ended ended =
        dnft(
            List.of(COMPILER + "-Dget_group_id=get_local_id"),
            Map.of(),
            "verify --device tornado:opencl --kernel rmsNorm --kernel unary");
    assertEquals(1, ended.exitCode, ended.out);
    assertTrue(ended.out.contains("rmsNorm: FAILED"), ended.out);
    assertTrue(ended.out.contains("expected"), ended.out);
    assertTrue(ended.out.contains("unary: PASSED"), ended.out);
  }

  @Test
  void aKernelThatDoesNotCompileFailsWithItsNameAndTheDriversMessage() throws Exception {
    Ended ended =
        dnft(
            List.of(COMPILER + "-DdnftRmsNorm=no-such-name"),
            Map.of(),
            "verify --device tornado:opencl --kernel rmsNorm --kernel softmax");
    assertEquals(1, ended.exitCode, ended.out);
    assertTrue(ended.out.contains("rmsNorm: FAILED"), ended.out);
    assertTrue(ended.out.contains("does not compile kernel RMS_NORM"), ended.out);
    assertTrue(ended.out.contains("; it says: "), ended.out);
    assertTrue(ended.out.contains("softmax: PASSED"), ended.out);
  }

  @Test
  void aDeviceWhoseFirstKernelDoesNotCompileIsRefused() throws Exception {
    Ended ended =
        dnft(
            List.of(COMPILER + "-Dget_global_id=no_such_function"),
            Map.of(),
            "verify --device tornado:opencl");
    assertEquals(2, ended.exitCode, ended.out);
    assertTrue(ended.out.contains("dnft: the driver does not compile kernel START"), ended.out);
    assertFalse(ended.out.contains("\tat "), ended.out);
  }

  @Test
  void aKernelThatTornadoVmCannotTranslateIsRefusedByName(@TempDir Path folder) throws Exception {
    compileLerp(folder, "float t = new Object[] {c}.clone().length;");
    Ended ended = dnft(List.of(), Map.of(), "verify --device tornado:opencl --kernel lerp", folder);
    assertEquals(2, ended.exitCode, ended.out);
    assertTrue(ended.out.contains("dnft: TornadoVM does not translate kernel LERP"), ended.out);
    assertFalse(ended.out.contains("\tat "), ended.out);
  }

  @Test
  void aKernelThatTornadoVmRejectsLaterFailsItsCasesByName(@TempDir Path folder) throws Exception {
    compileLerp(folder, "float t = String.valueOf(i).length();");
    Ended ended =
        dnft(
            List.of(),
            Map.of(),
            "verify --device tornado:opencl --kernel lerp --kernel adamW",
            folder);
    assertEquals(1, ended.exitCode, ended.out);
    assertTrue(ended.out.contains("TornadoVM does not translate kernel LERP"), ended.out);
    assertTrue(ended.out.contains("lerp: FAILED"), ended.out);
    assertTrue(ended.out.contains("adamW: PASSED"), ended.out);
    assertFalse(ended.out.contains("\tat "), ended.out);
  }

  /** Compiles that kernel with one statement that no device can run, and uses it instead. */
  private static void compileLerp(Path folder, String statement) throws IOException {
    String kernels = "../kernels/src/tornado/java/org/diffusionnft/kernels/tornado/";
    String right = Files.readString(Path.of(kernels, "OptimizerTasks.java"));
    String wrong = right.replace("float t = m.get(p.get(call + TARGET) + i);", statement);
    assertNotEquals(right, wrong);
    Path source = Files.writeString(folder.resolve("OptimizerTasks.java"), wrong);
    String classPath =
        String.join(
            File.pathSeparator,
            System.getProperty("java.class.path"),
            Path.of(System.getenv("TORNADOVM_HOME"), "share/java/tornado/*").toString());
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-g",
                "-d",
                folder.toString(),
                "-cp",
                classPath,
                source.toString());
    assertEquals(0, compiled);
  }

  @Test
  void aMissingDriverIsReported() throws Exception {
    Ended ended =
        dnft(
            List.of(), Map.of("OCL_ICD_VENDORS", "/nonexistent"), "verify --device tornado:opencl");
    assertEquals(2, ended.exitCode, ended.out);
    assertTrue(ended.out.contains("there is no device 'tornado:opencl' here"), ended.out);
    assertTrue(ended.out.contains("found no driver it can use"), ended.out);
    assertFalse(ended.out.contains("\tat "), ended.out);
  }

  @Test
  void memoryThatIsTooSmallIsReported() throws Exception {
    Ended ended =
        dnft(
            List.of(),
            Map.of(),
            "bench matmul --device tornado:opencl --device-memory 16 --shapes 1024x2048x2048");
    assertEquals(2, ended.exitCode, ended.out);
    assertTrue(ended.out.contains("MiB for F32"), ended.out);
    assertTrue(ended.out.contains("give it more with --device-memory "), ended.out);
    assertFalse(ended.out.contains("\tat "), ended.out);
  }

  /** A processor gets no large tiles by itself, so that nothing else would test them on one. */
  @Test
  void productsInLargeTilesAreAsAccurate() throws Exception {
    Ended ended =
        dnft(
            List.of("-Ddnft.tornado.tile=large"),
            Map.of(),
            "verify --device tornado:opencl --kernel matmul");
    assertEquals(0, ended.exitCode, ended.out);
    assertTrue(ended.out.contains("matmul: PASSED"), ended.out);
  }

  /** Runs a command; classes in the folders replace the right ones. */
  private static Ended dnft(
      List<String> flags, Map<String, String> environment, String words, Path... classes)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>();
    all.add("@" + Path.of(System.getenv("TORNADOVM_HOME"), "tornado-argfile"));
    all.add("-Xmx512m");
    all.add("-Djava.awt.headless=true");
    all.addAll(flags);
    ProcessBuilder builder =
        DnftProcess.builder(all, (Object[]) words.split(" ")).redirectErrorStream(true);
    builder.environment().putAll(environment);
    List<String> command = builder.command();
    int classPath = command.indexOf("-cp") + 1;
    for (Path folder : classes) {
      command.set(classPath, folder + File.pathSeparator + command.get(classPath));
    }
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out);
  }
}
