package org.diffusionnft.tests.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The whole algorithm in one file, run as its readers run it: by {@code java FILE}. */
@Tag("slow")
class OneFileTest {
  private static final Path FILE =
      Path.of(System.getProperty("user.dir")).resolveSibling("examples/DiffusionNft.java");

  @Test
  void itIsShort() throws IOException {
    assertTrue(Files.readAllLines(FILE).size() <= 150);
  }

  @Test
  void itLearnsTheRewardAndSaysTheSameTwice() throws Exception {
    List<String> lines = run();
    assertEquals(21, lines.size(), lines.toString());
    assertTrue(share(lines.getFirst()) < 45, lines.getFirst());
    assertTrue(share(lines.getLast()) > 97, lines.getLast());
    assertEquals(lines, run());
  }

  /** {@code epoch 3: 85.4 % on the right}. */
  private static double share(String line) {
    return Double.parseDouble(line.replaceAll(".*: *([0-9.]+) %.*", "$1"));
  }

  private static List<String> run() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FILE.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(0, process.exitValue(), text);
    return text.lines().toList();
  }
}
