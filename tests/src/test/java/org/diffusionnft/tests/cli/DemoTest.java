package org.diffusionnft.tests.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import javax.imageio.ImageIO;
import org.diffusionnft.shapes.Category;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class DemoTest {
  @TempDir private Path folder;
  private Path base;
  private Path config;

  @BeforeEach
  void makeBase() throws IOException {
    base = TinyBase.write(folder);
    config = TinyBase.config(folder, base);
  }

  @Test
  void leavesEverythingItPromises() throws IOException {
    Path out = folder.resolve("demo");
    CommandLine done = demo(out, "--epochs", 2).succeeds();

    assertTrue(done.out().contains("strict score, %"), done.out());
    assertTrue(done.out().contains("2 epochs, 24 samples"), done.out());
    assertTrue(done.err().startsWith("device: "), done.err());
    assertTrue(done.err().contains("training 2/2"), done.err());

    JsonNode summary = StrictJson.readObject(out.resolve("summary.json"));
    for (String contender : List.of("base", "baseCfg", "nft")) {
      assertTrue(summary.path(contender).path("total").isNumber(), contender);
      for (Category category : Category.values()) {
        double score = summary.path(contender).path(category.key()).asDouble(-1);
        assertTrue(score >= 0 && score <= 1, contender + " " + category.key());
      }
    }
    assertEquals(2, summary.path("epochs").asInt());
    assertEquals(24, summary.path("samples").asInt());
    assertTrue(summary.path("seconds").asDouble() > 0);
    assertTrue(summary.path("peakResidentMb").asInt(1) > 0);

    demo(out).refuses(out + " holds a demo that is finished: look at it with 'dnft report " + out);
    Path page = folder.resolve("report.html");
    dnft("report", out, "--out", page).succeeds();
    String shown = Files.readString(page);
    assertTrue(shown.contains("strict score, %"), "the report lacks the scores");
    assertTrue(shown.contains("\"beforeAfter\":\"data:image/"), "the report lacks the pictures");

    assertEquals(2, Files.readAllLines(out.resolve("metrics.jsonl")).size());
    for (String picture : List.of("before-after.png", "reward-curve.png")) {
      BufferedImage image = ImageIO.read(out.resolve(picture).toFile());
      assertNotNull(image, picture);
      assertTrue(image.getWidth() > 300, picture);
    }
    Path sampled = folder.resolve("one.png");
    String last = done.out().lines().toList().getLast();
    assertTrue(last.startsWith("Draw with it: dnft sample "), last);
    // As a shell takes it: one word in it has spaces.
    String[] words = last.replace("'a blue circle'", "PROMPT").split(" ");
    Object[] command =
        Arrays.stream(words)
            .skip(4)
            .map(
                word ->
                    word.replace("picture.png", sampled.toString())
                        .replace("PROMPT", "a blue circle"))
            .toArray();
    dnft(command).succeeds();
    assertNotNull(ImageIO.read(sampled.toFile()));
  }

  /** Operations without a kernel would take longer than the rest of the demo together. */
  @Test
  void theVectorDeviceLeavesNothingToTheReferenceDevice() {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(written, true, UTF_8));
    try {
      Path out = folder.resolve("demo");
      demo(out, "--epochs", 1, "--device", "vector", "--log", "plans").succeeds();
    } finally {
      System.setErr(before);
    }
    String log = written.toString(UTF_8);
    assertTrue(log.contains("plans: in all: 0 operations by the reference device"), log);
    assertFalse(log.contains("no kernel for these operands"), log);
  }

  @Test
  void aKilledDemoGoesOnToTheSameBytes() throws Exception {
    Path whole = folder.resolve("whole");
    demo(whole, "--epochs", 20).succeeds();
    Path killed = folder.resolve("killed");
    Process process =
        DnftProcess.start(
            "demo", "--base", base, "--config", config, "--out", killed, "--epochs", 20);
    while (process.isAlive() && RunPhase.newestCheckpoint(killed) < 3) {
      LockSupport.parkNanos(500_000);
    }
    process.destroyForcibly().waitFor();
    assertNotEquals(0, process.exitValue(), "it was done before it was killed");
    CommandLine done = dnft("demo", "--resume", killed).succeeds();
    assertTrue(done.err().contains("going on from "), done.err());
    for (String file :
        List.of(
            "adapter/adapter_model.safetensors",
            "before-after.png",
            "reward-curve.png",
            "scores.txt",
            "config.yaml")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(killed.resolve(file)), file);
    }
    assertEquals(20, Files.readAllLines(killed.resolve("metrics.jsonl")).size());
    dnft("demo", "--resume", killed, "--epochs", 30).refuses("leave out --out, --epochs");
    dnft("demo", "--resume", folder.resolve("none")).refuses("is not the folder of a training run");
  }

  @Test
  void anotherAlgorithmIsObeyed() throws IOException {
    Path out = folder.resolve("grpo");
    Path grpo =
        Files.writeString(
            folder.resolve("grpo.yaml"),
            Files.readString(config)
                .replace("epochs: 4", "epochs: 1\nalgorithm: grpo")
                .replace("steps: 4,", "steps: 4, solver: flow, deterministic: false,"));
    CommandLine done = dnft("demo", "--config", grpo, "--out", out).succeeds();
    assertTrue(done.out().contains("GRPO") && !done.out().contains("DiffusionNFT"), done.out());
    assertTrue(StrictJson.readObject(out.resolve("summary.json")).path("grpo").isObject());
    dnft("report", out, "--out", folder.resolve("report.html")).succeeds();
  }

  @Test
  void theNumberOfThreadsChangesNoByte() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    demo(one, "--epochs", 2, "--threads", 1).succeeds();
    demo(two, "--epochs", 2, "--threads", 2).succeeds();
    for (String file : List.of("adapter/adapter_model.safetensors", "before-after.png")) {
      assertArrayEquals(
          Files.readAllBytes(one.resolve(file)), Files.readAllBytes(two.resolve(file)), file);
    }
    Path other = folder.resolve("other");
    demo(other, "--epochs", 2, "--seed", 6).succeeds();
    assertFalse(
        java.util.Arrays.equals(
            Files.readAllBytes(one.resolve("adapter/adapter_model.safetensors")),
            Files.readAllBytes(other.resolve("adapter/adapter_model.safetensors"))));
  }

  @Test
  void aFolderThatIsNotEmptyIsLeftAlone() throws IOException {
    Path out = Files.createDirectory(folder.resolve("demo"));
    Files.writeString(out.resolve("mine"), "precious");
    demo(out).refuses("the folder exists and isn't empty");
    try (var files = Files.list(out)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsNoticedBeforeTheWork() {
    CommandLine done = demo(folder.resolve("missing").resolve("demo"));
    done.refuses("cannot write");
    assertFalse(done.err().contains("evaluating"), done.err());
  }

  private CommandLine demo(Path out, Object... more) {
    Object[] args = new Object[7 + more.length];
    List<Object> first = List.of("demo", "--base", base, "--config", config, "--out", out);
    System.arraycopy(first.toArray(), 0, args, 0, 7);
    System.arraycopy(more, 0, args, 7, more.length);
    return dnft(args);
  }
}
