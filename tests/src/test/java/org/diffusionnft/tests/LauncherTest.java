package org.diffusionnft.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher {@code dnft}, in a tree of its own with a Maven that only counts its calls and a
 * Java that only prints its arguments.
 */
@DisabledOnOs(OS.WINDOWS)
@Tag("slow")
class LauncherTest {
  private static final List<String> MODULES =
      List.of("tensor", "kernels", "autograd", "models", "weights-import", "diffusion-nft/cli");

  @TempDir private Path temp;
  private Path tree;
  private Path bin;

  private record Outcome(int exitCode, String out, String err) {}

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectory(temp.resolve("tree"));
    bin = Files.createDirectory(temp.resolve("bin"));
    Files.copy(
        Path.of(System.getProperty("user.dir")).resolveSibling("dnft"), tree.resolve("dnft"));
    executable(tree.resolve("dnft"));
    Files.createFile(tree.resolve("pom.xml"));
    for (String module : MODULES) {
      Files.createDirectories(tree.resolve(module).resolve("src/main"));
      Files.createFile(tree.resolve(module).resolve("pom.xml"));
    }
    Files.createFile(tree.resolve("diffusion-nft/pom.xml"));
    script(
        bin.resolve("mvn"),
        "echo called >>" + temp.resolve("maven-calls"),
        "sleep 0.2",
        "cd " + tree,
        "mkdir -p diffusion-nft/cli/target/dist/lib",
        "touch diffusion-nft/cli/target/cli-1.jar diffusion-nft/cli/target/dist/lib/other-1.jar");
  }

  @Test
  void buildsOnceAndPassesArguments() throws Exception {
    Path java = javaHome("25.0.3");
    Outcome first = dnft(java, Map.of(), "demo", "--out", "a b");
    assertEquals(0, first.exitCode(), first.err());
    assertTrue(first.err().startsWith("dnft: building"), first.err());
    assertTrue(
        first.out().endsWith("[org.diffusionnft.cli.Dnft][demo][--out][a b]\n"), first.out());
    assertTrue(first.out().contains("/lib/cli-1.jar:"), first.out());
    assertTrue(first.out().contains("/lib/other-1.jar]"), first.out());

    Outcome second = dnft(java, Map.of(), "demo");
    assertEquals("", second.err());
    assertEquals(1, mavenCalls());
  }

  @Test
  void buildsAgainAfterAChange() throws Exception {
    Path java = javaHome("25.0.3");
    dnft(java, Map.of(), "demo");
    Path source = Files.createFile(tree.resolve("kernels/src/main/A.java"));
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));

    dnft(java, Map.of("DNFT_NO_BUILD", "1"), "demo");
    assertEquals(1, mavenCalls());
    dnft(java, Map.of(), "demo");
    assertEquals(2, mavenCalls());
  }

  @Test
  void twoFirstRunsBuildOnce() throws Exception {
    Path java = javaHome("25.0.3");
    List<Process> started = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      started.add(start(java, Map.of(), "demo"));
    }
    for (Process process : started) {
      assertEquals(0, outcome(process).exitCode());
    }
    assertEquals(1, mavenCalls());
    assertFalse(Files.exists(tree.resolve("target/dnft/lock")));
  }

  @Test
  void lockOfADeadProcessIsTakenAway() throws Exception {
    Files.createDirectories(tree.resolve("target/dnft/lock"));
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Files.writeString(tree.resolve("target/dnft/lock/pid"), dead.pid() + "\n");
    assertEquals(0, dnft(javaHome("25.0.3"), Map.of(), "demo").exitCode());
  }

  @Test
  void failedBuildIsToldAndLeavesNothing() throws Exception {
    script(bin.resolve("mvn"), "echo '[ERROR] does not compile'", "exit 1");
    Outcome outcome = dnft(javaHome("25.0.3"), Map.of(), "demo");
    assertEquals(1, outcome.exitCode());
    assertTrue(outcome.err().contains("[ERROR] does not compile"), outcome.err());
    assertTrue(outcome.err().contains("dnft: the build failed"), outcome.err());
    try (Stream<Path> left = Files.list(tree.resolve("target/dnft"))) {
      assertEquals(List.of(tree.resolve("target/dnft/build.log")), left.toList());
    }
  }

  /** G1 takes memory of the machine, and before 25.0.3 it can corrupt the heap (JDK-8377811). */
  @Test
  void usesTheSerialCollector() throws Exception {
    String options = "diffusion-nft/cli/src/main/launcher/jvm.options";
    for (String version : List.of("25", "25.0.2", "25.0.3", "25.1.0")) {
      Outcome outcome = dnft(javaHome(version), Map.of(), "demo");
      String named = "[@" + tree.resolve(options) + "]";
      assertTrue(outcome.out().contains(named), version + ": " + outcome.out());
    }
    assertTrue(
        Files.readAllLines(Path.of(System.getProperty("user.dir")).resolveSibling(options))
            .contains("-XX:+UseSerialGC"));
  }

  @Test
  void optionsOfTheUserComeLast() throws Exception {
    Outcome outcome = dnft(javaHome("25.0.3"), Map.of("DNFT_JAVA_OPTS", "-Xmx3g -ea"), "demo");
    assertTrue(outcome.out().contains("[-Xmx3g][-ea][-cp]"), outcome.out());
    assertTrue(outcome.out().indexOf("[-Xmx1g]") < outcome.out().indexOf("[-Xmx3g]"));
  }

  @Test
  void classesOfTheUserComeAfterOurs() throws Exception {
    Path jar = Files.createFile(temp.resolve("my reward.jar"));
    Path folder = Files.createDirectory(temp.resolve("classes"));
    String own = jar + ":" + folder + ":" + folder + "/*";
    Outcome outcome = dnft(javaHome("25.0.3"), Map.of("DNFT_CLASSPATH", own), "demo");
    assertTrue(outcome.out().contains("/lib/other-1.jar:" + own + "]"), outcome.out());

    String wrong = jar + ":/no/such.jar";
    assertEquals(
        new Outcome(2, "", "dnft: DNFT_CLASSPATH names /no/such.jar, which does not exist.\n"),
        dnft(javaHome("25.0.3"), Map.of("DNFT_CLASSPATH", wrong), "demo"));
  }

  @Test
  void wrongJavaHomeIsToldInOneSentence() throws Exception {
    for (String version : List.of("17.0.15", "250", "2", "26")) {
      Path home = javaHome(version);
      assertEquals(
          new Outcome(
              2,
              "",
              "dnft: DNFT_JAVA_HOME="
                  + home
                  + " is not a home of JDK 25: point it to one, or unset it.\n"),
          dnft(home, Map.of(), "--help"));
    }
  }

  @Test
  void javaHomeOfAnotherVersionIsPassedOver() throws Exception {
    Process process = builder(Map.of("JAVA_HOME", javaHome("25.0.4").toString()), "demo").start();
    assertTrue(outcome(process).out().contains("[demo]"));
    process = builder(Map.of("JAVA_HOME", javaHome("21.0.1").toString()), "demo").start();
    assertFalse(outcome(process).out().contains("jdk-21.0.1"));
  }

  @Test
  void missingMavenIsToldInOneSentence() throws Exception {
    Files.delete(bin.resolve("mvn"));
    for (String tool : List.of("bash", "dirname", "find", "mkdir", "rm", "mv", "cat")) {
      Files.createSymbolicLink(bin.resolve(tool), which(tool));
    }
    ProcessBuilder builder = builder(Map.of("DNFT_JAVA_HOME", javaHome("25").toString()), "demo");
    builder.environment().put("PATH", bin.toString());
    assertEquals(
        new Outcome(
            2,
            "",
            "dnft: Maven is needed to build once: install it (apt install maven, brew install"
                + " maven) and run this again.\n"),
        outcome(builder.start()));
  }

  private static Path which(String tool) {
    return Stream.of("/usr/bin", "/bin", "/usr/local/bin")
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  /** A home of Java with that version whose {@code java} prints its arguments in brackets. */
  private Path javaHome(String version) throws IOException {
    Path home = temp.resolve("jdk-" + version);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(
        home.resolve("release"),
        "IMPLEMENTOR=\"Test Vendor\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"Linux\"\n");
    script(home.resolve("bin/java"), "printf '[%s]' \"$@\"", "echo");
    script(home.resolve("bin/javac"), "exit 0");
    return home;
  }

  private Outcome dnft(Path javaHome, Map<String, String> environment, String... arguments)
      throws Exception {
    return outcome(start(javaHome, environment, arguments));
  }

  private Process start(Path javaHome, Map<String, String> environment, String... arguments)
      throws IOException {
    ProcessBuilder builder = builder(environment, arguments);
    builder.environment().put("DNFT_JAVA_HOME", javaHome.toString());
    return builder.start();
  }

  private ProcessBuilder builder(Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(tree.resolve("dnft").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("DNFT_"));
    builder.environment().remove("JAVA_HOME");
    builder.environment().remove("TORNADOVM_HOME");
    builder.environment().put("PATH", bin + ":" + System.getenv("PATH"));
    builder.environment().putAll(environment);
    return builder;
  }

  private static Outcome outcome(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Outcome(process.exitValue(), out, err);
  }

  private long mavenCalls() throws IOException {
    return Files.readAllLines(temp.resolve("maven-calls")).size();
  }

  private static void script(Path file, String... lines) throws IOException {
    Files.writeString(file, "#!/usr/bin/env bash\n" + String.join("\n", lines) + "\n");
    executable(file);
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
