package org.diffusionnft.tests.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import javax.imageio.ImageIO;
import org.diffusionnft.cli.Dnft;
import org.diffusionnft.images.Pixels;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of {@code docs/embedding.md}, compiled and run as they stand there. */
@Tag("slow")
class EmbeddingTest {
  private static final Path PAGE =
      Path.of(System.getProperty("user.dir")).resolveSibling("docs/embedding.md");
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final String VECTOR = "--add-modules=jdk.incubator.vector";

  private static final String JDK_IMPORTS =
      """
      import java.nio.file.*;
      import java.util.*;
      import java.util.stream.*;
      """;

  private static final String IMPORTS =
      """
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

  /** A program of the page, and the module that the page says it needs. */
  private record Program(String name, String module, String text) {}

  /** Compiles and runs a program in the folder; returns what it prints. */
  private interface Runner {
    String run(Program program) throws IOException, InterruptedException;
  }

  private static final List<String> BLOCKS = blocks();
  private static final Program FIT = new Program("Fit", "autograd", BLOCKS.get(0));
  private static final Program DRAW =
      new Program(
          "Draw",
          "pipeline",
          BLOCKS
              .get(1)
              .replace("my-run/adapter", "own-adapter")
              .replace(
                  "withWidth(512).withHeight(512).withSteps(28)",
                  "withWidth(32).withHeight(32).withSteps(2)"));
  private static final Program TRAIN = new Program("Train", "shapes", BLOCKS.get(2));
  private static final Program RESUME = new Program("Resume", "shapes", BLOCKS.get(3));
  private static final Program COMPARE = new Program("Compare", "studies", BLOCKS.get(4));
  private static final String MODULE_INFO = BLOCKS.get(5);

  private static List<String> blocks() {
    try {
      return BLOCK.matcher(Files.readString(PAGE)).results().map(m -> m.group(1)).toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theyAreShortAndThePageNamesTheirModules() throws IOException {
    assertEquals(6, BLOCKS.size());
    String[] before = Files.readString(PAGE).split("```java\n");
    List<Program> programs = List.of(FIT, DRAW, TRAIN, RESUME, COMPARE);
    for (int i = 0; i < programs.size(); i++) {
      Program program = programs.get(i);
      assertTrue(program.text.lines().count() <= 15, program.text);
      String heading = before[i].substring(before[i].stripTrailing().lastIndexOf("\n\n"));
      assertTrue(heading.contains("`" + program.module + "`"), heading);
    }
  }

  @Test
  void allRunOnTheClassPath() throws Exception {
    all(program -> onClassPath(program, List.of(VECTOR)));
    Pixels fast = picture();
    // Without a flag the results are the same but for rounding; it takes longer, and that is said.
    assertTrue(number(onClassPath(FIT, List.of()), "loss ") < 1e-2);
    onClassPath(DRAW, List.of());
    assertClose(fast, picture());
  }

  @Test
  void allRunOnTheModulePathWithoutAnyFlag() throws Exception {
    ModulePath modules = new ModulePath();
    String kernels = "org.diffusionnft.kernels";
    all(
        program -> {
          String error = onModulePath(program, modules.with(name(program), kernels));
          assertFalse(error.contains("slow"), error);
          return output(program);
        });
    Pixels fast = picture();
    // A module nobody requires is left out easily. That is said, and the results stay right.
    String error = onModulePath(DRAW, modules.with(name(DRAW)));
    assertEquals(1, count(error, "slow reference device"), error);
    assertTrue(error.contains("org.diffusionnft:kernels"), error);
    assertClose(fast, picture());
  }

  private void all(Runner runner) throws Exception {
    assertTrue(number(runner.run(FIT), "loss ") < 1e-2);

    synthesize();
    runner.run(TRAIN);
    assertEquals(3, number(runner.run(RESUME), "epochs done: "));
    String table = runner.run(COMPARE);
    assertTrue(table.contains("mine") && table.contains("shapes_strict"), table);
    assertTrue(Files.exists(folder.resolve("evaluation/index.html")));

    runner.run(DRAW);
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

  private Pixels picture() throws IOException {
    return Pixels.of(ImageIO.read(folder.resolve("fox.png").toFile()));
  }

  private static void assertClose(Pixels expected, Pixels actual) {
    assertEquals(expected.rgb().length, actual.rgb().length);
    for (int i = 0; i < expected.rgb().length; i++) {
      assertEquals(expected.rgb()[i] & 255, actual.rgb()[i] & 255, 2, "value " + i);
    }
  }

  private static double number(String text, String after) {
    return Double.parseDouble(text.substring(text.indexOf(after) + after.length()).strip());
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  private static String name(Program program) {
    return "org.diffusionnft." + program.module;
  }

  private static String source(String start, Program program) {
    return "%s%nclass %s { public static void main(String[] args) throws Exception {%n%s}}%n"
        .formatted(start, program.name, program.text);
  }

  /** By {@code java FILE}. */
  private String onClassPath(Program program, List<String> flags)
      throws IOException, InterruptedException {
    Path file = folder.resolve(program.name + ".java");
    Files.writeString(file, source(JDK_IMPORTS + IMPORTS, program));
    List<String> command = new ArrayList<>(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), file.toString()));
    String error = java(program, command);
    assertEquals(flags.isEmpty() ? 1 : 0, count(error, "slow reference device"), error);
    assertEquals(flags.isEmpty(), error.contains(VECTOR.replace('=', ' ')), error);
    return output(program);
  }

  /** In a module of its own; returns what it writes to standard error. */
  private String onModulePath(Program program, String path)
      throws IOException, InterruptedException {
    Path source = Files.createDirectories(folder.resolve("source-" + program.name));
    Path compiled = folder.resolve("module-" + program.name);
    Path info = source.resolve("module-info.java");
    Files.writeString(info, MODULE_INFO.replace("org.diffusionnft.studies", name(program)));
    Path file = source.resolve(program.name + ".java");
    String imports = JDK_IMPORTS + "import module " + name(program) + ";\n";
    Files.writeString(file, source("package mine;\n" + imports, program));
    StringWriter messages = new StringWriter();
    int compiler =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(
                new PrintWriter(messages),
                new PrintWriter(messages),
                "--module-path",
                path,
                "-d",
                compiled.toString(),
                info.toString(),
                file.toString());
    assertEquals(0, compiler, messages.toString());
    return java(
        program,
        List.of("--module-path", compiled + ":" + path, "--module", "mine/mine." + program.name));
  }

  private String output(Program program) throws IOException {
    return Files.readString(folder.resolve(program.name + ".out"));
  }

  /** Returns what a JVM of its own writes to standard error. */
  private String java(Program program, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    Path error = folder.resolve(program.name + ".err");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve(program.name + ".out").toFile())
            .redirectError(error.toFile())
            .start();
    assertTrue(process.waitFor(10, TimeUnit.MINUTES));
    String text = Files.readString(error, StandardCharsets.UTF_8);
    assertEquals(0, process.exitValue(), program.name + ": " + text);
    return text;
  }
}
