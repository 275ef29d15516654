package org.diffusionnft.tests.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.diffusionnft.cli.Dnft;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of {@code docs/embedding.md}, compiled and run as they stand there. */
@Tag("slow")
class EmbeddingTest {
  private static final Path PAGE =
      Path.of(System.getProperty("user.dir")).resolveSibling("docs/embedding.md");
  private static final Pattern PROGRAM = Pattern.compile("(?s)```java\n(.*?)```");

  private static final String IMPORTS =
      """
      import java.nio.file.*;
      import java.util.*;
      import java.util.stream.*;
      import org.diffusionnft.autograd.*;
      import org.diffusionnft.images.*;
      import org.diffusionnft.models.adapter.*;
      import org.diffusionnft.pipeline.*;
      import org.diffusionnft.rewards.*;
      import org.diffusionnft.shapes.model.*;
      import org.diffusionnft.shapes.training.*;
      import org.diffusionnft.studies.benchmark.*;
      import org.diffusionnft.tensor.*;
      import org.diffusionnft.trainer.*;
      import org.diffusionnft.trainer.config.*;
      import org.diffusionnft.trainer.run.*;
      """;

  @TempDir private Path folder;

  @Test
  void allRunOneAfterTheOther() throws Exception {
    List<String> programs =
        PROGRAM
            .matcher(Files.readString(PAGE))
            .results()
            .map((MatchResult m) -> m.group(1))
            .toList();
    assertEquals(5, programs.size());
    for (String program : programs) {
      assertTrue(program.lines().count() <= 15, program);
    }
    assertTrue(number(run("Fit", programs.get(0)), "loss ") < 1e-2);

    synthesize();
    run("Train", programs.get(2));
    assertEquals(3, number(run("Resume", programs.get(3)), "epochs done: "));
    String table = run("Compare", programs.get(4));
    assertTrue(table.contains("mine") && table.contains("shapes_strict"), table);
    assertTrue(Files.exists(folder.resolve("evaluation/index.html")));

    String draw =
        programs
            .get(1)
            .replace("my-run/adapter", "own-adapter")
            .replace(
                "withWidth(512).withHeight(512).withSteps(28)",
                "withWidth(32).withHeight(32).withSteps(2)");
    run("Draw", draw);
    assertTrue(Files.size(folder.resolve("fox.png")) > 100);
  }

  /** A small model, and an adapter that fits it, made by a training of one epoch. */
  private void synthesize() throws IOException {
    dnft("synthesize", "sd35-medium", "--tiny", "--out", folder.resolve("sd3.5-medium").toString());
    Files.writeString(folder.resolve("p.txt"), "a cat\na dog\n");
    Files.writeString(
        folder.resolve("tiny.yaml"),
        """
        {epochs: 1, model: %1$s/sd3.5-medium, resolution: 32, rewards: {jpeg_compressibility: 1},
         prompts: {source: %1$s/p.txt, promptsPerEpoch: 2, imagesPerPrompt: 2}, sampling: {steps: 2, batchSize: 4},
         training: {batchSize: 4, optimizerStepsPerEpoch: 1}, adapter: {rank: 2, alpha: 4}, evaluation: {every: 0}}
        """
            .formatted(folder));
    Path run = folder.resolve("tiny-run");
    dnft("train", "-q", "--no-cache", "--config", folder + "/tiny.yaml", "--out", run.toString());
    Files.move(run.resolve("adapter"), folder.resolve("own-adapter"));
  }

  private static void dnft(String... args) {
    StringWriter out = new StringWriter();
    assertEquals(0, Dnft.run(new PrintWriter(out), new PrintWriter(out), args), out.toString());
  }

  private static double number(String text, String after) {
    return Double.parseDouble(text.substring(text.indexOf(after) + after.length()).strip());
  }

  /** Runs a program in the folder by {@code java FILE}; the first without any flag. */
  private String run(String name, String program) throws IOException, InterruptedException {
    List<String> flags =
        name.equals("Fit") ? List.of() : List.of("--add-modules=jdk.incubator.vector");
    Path file = folder.resolve(name + ".java");
    Files.writeString(
        file,
        IMPORTS
            + "class "
            + name
            + " { public static void main(String[] args) throws Exception {\n"
            + program
            + "}}\n");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), file.toString()));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(folder.resolve(name + ".err").toFile())
            .start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(2, TimeUnit.MINUTES));
    String error = Files.readString(folder.resolve(name + ".err"));
    assertEquals(0, process.exitValue(), name + ": " + error);
    // Without the flag it computes all the same, and says once what would be faster.
    assertEquals(
        flags.isEmpty(),
        error.contains("jdk.incubator.vector") && error.contains("reference"),
        error);
    return text;
  }
}
