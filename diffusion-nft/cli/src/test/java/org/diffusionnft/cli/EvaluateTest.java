package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.peft.LoraFactors;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftConfig;
import org.diffusionnft.weights.peft.PeftFolder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluations of a model of ShapesWorld and of a made-up model on disk. */
@Tag("slow")
class EvaluateTest {
  private static final int WIDTH = 96;

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private record Result(int exit, String out, String err) {}

  @BeforeAll
  static void writeAdapters() throws IOException {
    writeAdapter("weak", 0.01f);
    writeAdapter("strong", 0.5f);
  }

  @Test
  void twiceAndAfterAKillItIsTheSameBytes() throws IOException {
    Path whole = folder.resolve("whole");
    assertEquals(0, shapes(whole, "weak", "strong").exit());
    Path again = folder.resolve("again");
    assertEquals(0, shapes(again, "weak", "strong").exit());
    assertEquals(bytes(whole), bytes(again));

    // As a kill leaves it: a batch that is written in part, a line that is cut, no results.
    Path killed = folder.resolve("killed");
    assertEquals(0, shapes(killed, "weak", "strong").exit());
    Path scores = killed.resolve("policies/weak/scores.jsonl");
    String text = Files.readString(scores);
    int fifth = nth(text, '\n', 5);
    Files.writeString(scores, text.substring(0, fifth + 20));
    Files.delete(killed.resolve("policies/strong/scores.jsonl"));
    Files.delete(killed.resolve("results.json"));
    assertEquals(0, shapes(killed, "weak", "strong").exit());
    assertEquals(bytes(whole), bytes(killed));
  }

  @Test
  void adaptersCanBeAddedAndOtherSettingsAreRefused() throws IOException {
    Path out = folder.resolve("grows");
    assertEquals(0, shapes(out, "weak").exit());
    byte[] before = Files.readAllBytes(out.resolve("policies/weak/scores.jsonl"));
    Result more = shapes(out, "weak", "strong");
    assertEquals(0, more.exit(), more.err());
    assertArrayEquals(before, Files.readAllBytes(out.resolve("policies/weak/scores.jsonl")));
    var json = StrictJson.readObject(out.resolve("results.json"));
    assertEquals(3, json.path("policies").size());
    assertTrue(json.path("differences").path("strong").path("shapes_graded").has("low"));

    Result other = evaluate(out, "--steps", "3", "--adapter", "weak=" + shared.resolve("weak"));
    assertEquals(2, other.exit());
    assertTrue(other.err().contains("steps is 2 there and 3 here"), other.err());
    Result renamed = evaluate(out, "--adapter", "weak=" + shared.resolve("strong"));
    assertEquals(2, renamed.exit());
    assertTrue(renamed.err().contains("another name"), renamed.err());
  }

  @Test
  void aModelOnDiskIsMeasuredOnAFileOfPrompts() throws IOException {
    Path model = folder.resolve("model");
    assertEquals(0, run("synthesize", "sd35-medium", "--tiny", "--out", "" + model).exit());
    Path prompts = folder.resolve("own.txt");
    Files.writeString(prompts, "a cat\na dog\na tree\n");
    Path out = folder.resolve("disk");
    Result result =
        run(
            "evaluate",
            "-q",
            "--no-cache",
            "--model",
            "" + model,
            "--benchmark",
            "" + prompts,
            "--rewards",
            "jpeg_compressibility",
            "--resolution",
            "32",
            "--steps",
            "2",
            "--batch",
            "2",
            "--out",
            "" + out);
    assertEquals(0, result.exit(), result.err());
    assertTrue(result.out().contains("jpeg_compressibility"), result.out());
    assertTrue(Files.exists(out.resolve("policies/base/pictures/000002.png")));
    assertTrue(Files.readString(out.resolve("index.html")).contains("jpeg_compressibility"));
  }

  @Test
  void wrongInputLeavesNoFolder() {
    Path out = folder.resolve("none");
    for (List<String> wrong :
        List.of(
            List.of("--adapter", "missing"),
            List.of("--rewards", "beauty"),
            List.of("--rewards", "none.yaml"),
            List.of("--prompts", "0"),
            List.of("--solver", "best"),
            List.of("--without-base"),
            List.of("--adapter", shared + "/weak", "--adapter", shared + "/weak"))) {
      Result result = evaluate(out, wrong.toArray(String[]::new));
      assertEquals(2, result.exit(), wrong + ": " + result.err());
      assertEquals(1, result.err().lines().count(), result.err());
      assertFalse(Files.exists(out), wrong.toString());
    }
  }

  private static Result shapes(Path out, String... adapters) {
    List<String> options = new ArrayList<>();
    for (String name : adapters) {
      options.addAll(List.of("--adapter", name + "=" + shared.resolve(name)));
    }
    return evaluate(out, options.toArray(String[]::new));
  }

  /** Eight prompts in batches of three, unless the options say other things. */
  private static Result evaluate(Path out, String... options) {
    List<String> args =
        new ArrayList<>(
            List.of("evaluate", "-q", "--model", "shapes", "--benchmark", "shapes", "--out"));
    args.add(out.toString());
    args.addAll(List.of("--batch", "3"));
    List<String> given = Arrays.asList(options);
    if (!given.contains("--steps")) {
      args.addAll(List.of("--steps", "2"));
    }
    if (!given.contains("--prompts")) {
      args.addAll(List.of("--prompts", "8"));
    }
    args.addAll(given);
    return run(args.toArray(String[]::new));
  }

  private static Map<String, List<Byte>> bytes(Path root) throws IOException {
    Map<String, List<Byte>> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        List<Byte> content = new ArrayList<>();
        for (byte b : Files.readAllBytes(file)) {
          content.add(b);
        }
        all.put(root.relativize(file).toString(), content);
      }
    }
    return all;
  }

  private static int nth(String text, char letter, int n) {
    int at = -1;
    for (int i = 0; i < n; i++) {
      at = text.indexOf(letter, at + 1);
    }
    return at;
  }

  private static void writeAdapter(String name, float value) throws IOException {
    try (Device device = Devices.openDefault(DeviceOptions.defaults());
        Memory.Scope _ = device.memory().scope()) {
      float[] values = new float[2 * WIDTH];
      Arrays.fill(values, value);
      Map<String, LoraFactors> modules =
          Map.of(
              "transformer_blocks.0.attn.to_q",
              new LoraFactors(
                  Tensor.of(device, values, 2, WIDTH), Tensor.of(device, values, WIDTH, 2)));
      PeftConfig config = PeftConfig.of(2, 4, List.of("attn.to_q"));
      PeftFolder.write(
          shared.resolve(name), Map.of(PeftFolder.DEFAULT, new PeftAdapter(config, modules)));
    }
  }

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit = Dnft.run(new PrintWriter(out), new PrintWriter(err), args);
    return new Result(exit, out.toString(), err.toString());
  }
}
