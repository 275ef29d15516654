package org.diffusionnft.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./dnft} makes of a TornadoVM SDK, without one: folders that look like one. */
class TornadoLauncherTest {
  private static final String JARS = "share/java/tornado";

  @TempDir private Path temp;
  private Path tree;
  private Path sdk;

  private record Outcome(int exitCode, String out, String err) {}

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectory(temp.resolve("tree"));
    Files.copy(
        Path.of(System.getProperty("user.dir")).resolveSibling("dnft"), tree.resolve("dnft"));
    Files.writeString(
        tree.resolve("pom.xml"), "<tornado.version>5.2.0-jdk25</tornado.version>\n", UTF_8);
    // What an earlier run built.
    Files.createDirectories(tree.resolve("target/dnft-tornado/app-1/lib"));
    Files.writeString(tree.resolve("target/dnft-tornado/current"), "app-1\n", UTF_8);
    Path home = Files.createDirectories(temp.resolve("jdk/bin")).getParent();
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n", UTF_8);
    Path java = home.resolve("bin/java");
    Files.writeString(java, "#!/bin/sh\nprintf '[%s]' \"$@\"\n", UTF_8);
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    sdk = temp.resolve("sdk");
    Files.createDirectories(sdk.resolve(JARS));
    for (String jar :
        List.of("api", "runtime", "drivers-common", "drivers-opencl", "drivers-ptx")) {
      Files.createFile(sdk.resolve(JARS).resolve("tornado-" + jar + "-5.2.0-jdk25.jar"));
    }
    Files.writeString(
        sdk.resolve("tornado-argfile"),
        """
        --enable-preview
        -XX:+UseParallelGC
        --module-path .:%s
        --add-modules ALL-SYSTEM,tornado.runtime,tornado.drivers.common,tornado.drivers.opencl,tornado.drivers.ptx
        --enable-native-access=tornado.drivers.opencl,tornado.drivers.ptx
        --add-exports=jdk.graal.compiler/jdk.graal.compiler.lir=tornado.drivers.opencl
        --add-exports=jdk.graal.compiler/jdk.graal.compiler.lir=tornado.drivers.ptx
        --add-reads=tornado.drivers.ptx=jdk.graal.compiler
        """
            .formatted(sdk.resolve(JARS)),
        UTF_8);
  }

  @Test
  void aBackendThatIsNotUsedLeavesTheModulePathAndEveryList() throws Exception {
    Outcome outcome = dnft(Map.of("DNFT_TORNADO_BACKENDS", "opencl"));
    assertEquals(0, outcome.exitCode, outcome.err);
    Path own = tree.toRealPath().resolve("target/dnft-tornado");
    assertEquals(
        """
        --enable-preview
        --module-path .:%s
        --add-modules ALL-SYSTEM,tornado.runtime,tornado.drivers.common,tornado.drivers.opencl
        --enable-native-access=tornado.drivers.opencl
        --add-exports=jdk.graal.compiler/jdk.graal.compiler.lir=tornado.drivers.opencl
        """
            .formatted(own.resolve("tornado-jars")),
        Files.readString(own.resolve("tornado-argfile"), UTF_8));
    try (Stream<Path> jars = Files.list(own.resolve("tornado-jars"))) {
      List<String> names = jars.map(jar -> jar.getFileName().toString()).sorted().toList();
      assertEquals(4, names.size(), names.toString());
      assertFalse(names.contains("tornado-drivers-ptx-5.2.0-jdk25.jar"), names.toString());
    }
  }

  @Test
  void theJvmGetsOneCollector() throws Exception {
    Outcome outcome = dnft(Map.of("DNFT_TORNADO_BACKENDS", "opencl ptx"));
    String argfile = Files.readString(tree.resolve("target/dnft-tornado/tornado-argfile"), UTF_8);
    assertFalse(argfile.contains("GC"), argfile);
    assertTrue(argfile.contains("--module-path .:" + sdk.resolve(JARS)), argfile);
    // Ours, which the file of the launcher's flags names.
    String options = "diffusion-nft/cli/src/main/launcher/jvm.options";
    assertTrue(outcome.out.contains("[@" + tree.resolve(options) + "]"), outcome.out);
    Path ours = Path.of(System.getProperty("user.dir")).resolveSibling(options);
    assertTrue(Files.readAllLines(ours).contains("-XX:+UseSerialGC"));
  }

  @Test
  void wrongBackendsAreToldInOneSentence() throws Exception {
    assertEquals(
        "dnft: DNFT_TORNADO_BACKENDS names 'vulkan': it takes opencl, ptx and cuda, with spaces"
            + " between.\n",
        refused(Map.of("DNFT_TORNADO_BACKENDS", "vulkan")));
    assertEquals(
        "dnft: DNFT_TORNADO_BACKENDS names cuda, but the SDK in "
            + sdk
            + " was built without it.\n",
        refused(Map.of("DNFT_TORNADO_BACKENDS", "cuda")));
  }

  @Test
  void anSdkOfAnotherVersionIsToldWithBoth() throws Exception {
    Path jar = sdk.resolve(JARS).resolve("tornado-api-5.2.0-jdk25.jar");
    Files.move(jar, jar.resolveSibling("tornado-api-6.1.0-jdk25.jar"));
    assertEquals(
        "dnft: TORNADOVM_HOME="
            + sdk
            + " is TornadoVM 6.1.0-jdk25, but this dnft is built against 5.2.0-jdk25: install that"
            + " version, or unset TORNADOVM_HOME.\n",
        refused(Map.of()));
    Files.delete(jar.resolveSibling("tornado-api-6.1.0-jdk25.jar"));
    assertEquals(
        "dnft: TORNADOVM_HOME="
            + sdk
            + " has no share/java/tornado/tornado-api-*.jar: point it to a whole TornadoVM SDK, or"
            + " unset it.\n",
        refused(Map.of()));
  }

  private String refused(Map<String, String> environment) throws Exception {
    Outcome outcome = dnft(environment);
    assertEquals(2, outcome.exitCode, outcome.err);
    assertEquals("", outcome.out);
    return outcome.err;
  }

  private Outcome dnft(Map<String, String> environment) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(tree.resolve("dnft").toString(), "devices");
    builder.environment().keySet().removeIf(name -> name.startsWith("DNFT_"));
    builder.environment().put("DNFT_JAVA_HOME", temp.resolve("jdk").toString());
    builder.environment().put("DNFT_NO_BUILD", "1");
    builder.environment().put("TORNADOVM_HOME", sdk.toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Outcome(process.exitValue(), out, err);
  }
}
