package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.config.AdapterSettings;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.run.TrainRun;
import org.diffusionnft.trainer.run.Trainable;
import org.diffusionnft.trainer.run.TrainablePictures;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.peft.LoraFactors;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftConfig;
import org.diffusionnft.weights.peft.PeftFolder;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training of a made-up model on disk, from configuration to an adapter that makes pictures. */
@Tag("slow")
class TrainOnDiskTest {
  private static final String CONFIG =
      """
      epochs: 2
      saveEvery: 1
      model: MODEL
      resolution: 32
      rewards: {jpeg_compressibility: 1, jpeg_incompressibility: 0}
      prompts: {source: FOLDER/prompts.jsonl, promptsPerEpoch: 3, imagesPerPrompt: 2}
      sampling: {steps: 2, batchSize: 4}
      training: {batchSize: 3, optimizerStepsPerEpoch: 2, checkpointing: true}
      adapter: {rank: 2, alpha: 4}
      evaluation:
        {every: 2, source: FOLDER/test.txt, prompts: 3, sampling: {steps: 2, batchSize: 2, guidanceScale: 2}}
      """;

  private static final String TENSORS = "adapter_model.safetensors";

  @TempDir private static Path shared;
  private static Path model;
  @TempDir private Path folder;

  private record Result(int exit, String out, String err) {}

  @BeforeAll
  static void synthesize() throws IOException {
    model = shared.resolve("model");
    Result made = run("synthesize", "sd35-medium", "--tiny", "--seed", "5", "--out", "" + model);
    assertEquals(0, made.exit(), made.err());
    Files.writeString(
        shared.resolve("prompts.jsonl"),
        "{\"prompt\": \"a cat\"}\n{\"prompt\": \"a dog\"}\n{\"prompt\": \"two red cups\"}\n");
    Files.writeString(shared.resolve("test.txt"), "a bird\na bird\na tree\na house\n");
    writeAdapter("some", 128, PeftConfig.of(3, 6, List.of("attn.to_q")), 3, 3);
    writeAdapter("wide", 96, PeftConfig.of(3, 6, List.of("attn.to_q")), 3, 3);
    Map<String, Integer> ranks = Map.of("transformer_blocks.1.attn.to_q", 2);
    List<String> targets = List.of("attn.to_q");
    writeAdapter(
        "uneven", 128, new PeftConfig(3, 6, false, 0, targets, null, ranks, Map.of(), null), 3, 2);
  }

  /** Adapts one layer of each of the first blocks, with these ranks. */
  private static void writeAdapter(String name, int width, PeftConfig config, int... ranks)
      throws IOException {
    try (Device device = Devices.openDefault(DeviceOptions.defaults());
        Memory.Scope _ = device.memory().scope()) {
      Map<String, LoraFactors> modules = new TreeMap<>();
      for (int block = 0; block < ranks.length; block++) {
        float[] values = new float[ranks[block] * width];
        Arrays.fill(values, 0.01f);
        modules.put(
            "transformer_blocks." + block + ".attn.to_q",
            new LoraFactors(
                Tensor.of(device, values, ranks[block], width),
                Tensor.of(device, values, width, ranks[block])));
      }
      PeftFolder.write(
          shared.resolve(name), Map.of(PeftFolder.DEFAULT, new PeftAdapter(config, modules)));
    }
  }

  @Test
  void anAdapterIsTrainedAsPeftWritesThem() throws IOException {
    Path run = train("one", CONFIG);
    List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
    assertEquals(2, metrics.size());
    JsonNode last = StrictJson.parseObject(run, "metrics", metrics.getLast());
    assertEquals(4, last.path("steps").asInt());
    assertTrue(last.path("reward").asDouble() < 0);
    assertEquals(
        last.path("rewards").path("jpeg_incompressibility").asDouble() / -500,
        last.path("reward").asDouble(),
        1e-6);
    assertTrue(last.path("grad_norm").asDouble() > 0);

    JsonNode evaluated =
        StrictJson.parseObject(
            run, "evaluation", Files.readString(run.resolve("evaluations.jsonl")));
    assertEquals(3, evaluated.path("prompts").asInt());
    try (var sheets = Files.list(run.resolve("samples"))) {
      assertTrue(sheets.findAny().isPresent(), "no pictures of the evaluation");
    }

    try (SafetensorsFile adapter =
        SafetensorsFile.open(run.resolve("adapter/adapter_model.safetensors"))) {
      Set<String> expected = new TreeSet<>();
      for (int block = 0; block < 4; block++) {
        for (String layer :
            List.of(
                "attn.to_q",
                "attn.to_k",
                "attn.to_v",
                "attn.to_out.0",
                "attn.add_q_proj",
                "attn.add_k_proj",
                "attn.add_v_proj",
                "attn.to_add_out")) {
          if (block < 3 || !layer.equals("attn.to_add_out")) { // the last block has no text output
            String name = "base_model.model.transformer_blocks." + block + "." + layer + ".lora_";
            expected.add(name + "A.weight");
            expected.add(name + "B.weight");
          }
        }
      }
      assertEquals(expected, new TreeSet<>(adapter.names()));
      String first = "base_model.model.transformer_blocks.0.attn.to_q.lora_A.weight";
      assertEquals(DType.F32, adapter.dtype(first));
      assertEquals(2, adapter.shape(first).dim(0));
    }
    ObjectNode config = StrictJson.readObject(run.resolve("adapter/adapter_config.json"));
    assertEquals("LORA", config.path("peft_type").asText());
    assertEquals(2, config.path("r").asInt());
    assertEquals(4, config.path("lora_alpha").asInt());
    assertEquals(8, config.path("target_modules").size());

    byte[] plain = picture("plain.png");
    byte[] adapted = picture("adapted.png", "--adapter", "" + run.resolve("adapter"));
    assertFalse(java.util.Arrays.equals(plain, adapted), "the adapter changes nothing");
  }

  @Test
  void aRunThatWasStoppedEndsWithTheSameBytes() throws IOException {
    Path whole = train("whole", CONFIG);
    Path stopped = folder.resolve("stopped");
    TrainConfig config = TrainConfig.read(write("stopped.yaml", CONFIG));
    try (Device device = Devices.openDefault(DeviceOptions.defaults());
        Trainable trainable = TrainablePictures.open(config, device, null, PictureListener.NONE);
        TrainRun run = TrainRun.start(stopped, config, trainable)) {
      assertThrows(IllegalStateException.class, () -> run.train(new Stopper(), (_, _) -> {}));
    }
    assertFalse(Files.exists(stopped.resolve("adapter")));
    Result resumed = run("train", "-q", "--no-cache", "--resume", "" + stopped);
    assertEquals(0, resumed.exit(), resumed.err());
    for (String file :
        List.of(
            "checkpoints/epoch-000002/manifest.json",
            "evaluations.jsonl",
            "adapter/adapter_model.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(stopped.resolve(file)), file);
    }
    assertEquals(2, Files.readAllLines(stopped.resolve("metrics.jsonl")).size());
  }

  /** All that is trained is the adapter, so without a learning rate it comes out as it went in. */
  @Test
  void aRunStartsFromAnAdapter() throws IOException {
    String config =
        CONFIG
            .replace("epochs: 2", "epochs: 1")
            .replace("adapter: {rank: 2, alpha: 4}", "ema: {enabled: false}")
            .replace("checkpointing: true", "checkpointing: true, learningRate: 1e-30");
    Path out = folder.resolve("out");
    Path file = write("start.yaml", config);
    Path start = shared.resolve("some");
    Result done =
        run(
            "train",
            "-q",
            "--no-cache",
            "--config",
            "" + file,
            "--adapter",
            "" + start,
            "--out",
            "" + out);
    assertEquals(0, done.exit(), done.err());
    try (SafetensorsFile before = SafetensorsFile.open(start.resolve(TENSORS));
        SafetensorsFile after = SafetensorsFile.open(out.resolve("adapter").resolve(TENSORS));
        Device device = Devices.openDefault(DeviceOptions.defaults());
        Memory.Scope _ = device.memory().scope()) {
      assertEquals(before.names(), after.names());
      for (String name : before.names()) {
        assertArrayEquals(
            before.tensor(name, device).toFloats(), after.tensor(name, device).toFloats(), name);
      }
    }
    AdapterSettings settings = TrainConfig.read(out.resolve("config.yaml")).adapter();
    assertEquals(
        new AdapterSettings(
            "" + start,
            3,
            6,
            List.of("transformer_blocks.0.attn.to_q", "transformer_blocks.1.attn.to_q")),
        settings);
    String report = Files.readString(out.resolve("metrics.jsonl"));
    assertFalse(report.contains("NaN"), report);
  }

  @Test
  void aStartedRunGoesOnWithoutTheAdapterItStartedFrom() throws IOException {
    Path start = Files.createDirectory(folder.resolve("start"));
    for (String file : List.of(TENSORS, "adapter_config.json")) {
      Files.copy(shared.resolve("some").resolve(file), start.resolve(file));
    }
    String config = CONFIG.replace("{rank: 2, alpha: 4}", "{start: " + start + "}");
    Path whole = train("whole", config);
    Path stopped = folder.resolve("stopped");
    TrainConfig read = TrainConfig.read(write("stopped.yaml", config));
    try (Device device = Devices.openDefault(DeviceOptions.defaults());
        Trainable trainable = TrainablePictures.open(read, device, null, PictureListener.NONE);
        TrainRun run = TrainRun.start(stopped, read, trainable)) {
      assertEquals(
          List.of(3, 6.0), List.of(run.config().adapter().rank(), run.config().adapter().alpha()));
      assertThrows(IllegalStateException.class, () -> run.train(new Stopper(), (_, _) -> {}));
    }
    Files.delete(start.resolve(TENSORS));
    Result resumed = run("train", "-q", "--no-cache", "--resume", "" + stopped);
    assertEquals(0, resumed.exit(), resumed.err());
    assertEquals(
        -1,
        Files.mismatch(
            whole.resolve("adapter").resolve(TENSORS),
            stopped.resolve("adapter").resolve(TENSORS)));
    assertNotEquals(
        -1,
        Files.mismatch(
            shared.resolve("some").resolve(TENSORS), whole.resolve("adapter").resolve(TENSORS)));
  }

  @Test
  void checkpointingAndCachingChangeNoNumber() throws IOException {
    Path with = train("with", CONFIG);
    String config = CONFIG.replace("checkpointing: true", "checkpointing: false");
    Path cache = folder.resolve("cache");
    for (int i = 0; i < 2; i++) { // the second time all prompts come from the cache
      Path out = folder.resolve("without" + i);
      Result done =
          run(
              "train",
              "-q",
              "--cache",
              "" + cache,
              "--config",
              "" + write("without.yaml", config),
              "--out",
              "" + out);
      assertEquals(0, done.exit(), done.err());
      try (var files = Files.list(cache)) {
        assertEquals(6, files.count(), "three prompts, two held out, and the empty one");
      }
      assertArrayEquals(
          Files.readAllBytes(with.resolve("adapter/adapter_model.safetensors")),
          Files.readAllBytes(out.resolve("adapter/adapter_model.safetensors")));
    }
  }

  @Test
  void settingsCanBePrintedAndUsedAgain() throws IOException {
    Result printed = run("train", "--config", "sd3-ocr", "--model", "/m", "--print-config");
    assertEquals(0, printed.exit(), printed.err());
    TrainConfig config =
        TrainConfig.parse("printed", printed.out(), TrainConfig.official().withSeed(1));
    assertEquals("/m", config.model());
    assertEquals(0.1, config.loss().guidanceBeta());
    assertEquals(42, config.seed());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MODEL                | FOLDER/nothing            | no such file or folder: name the model",
        "MODEL                | FOLDER/model/vae          | name the folder around it",
        "resolution: 32       | resolution: 100           | must be a multiple of 16, not 100: 96",
        "FOLDER/prompts.jsonl | FOLDER/nothing.jsonl      | nothing.jsonl: no such file",
        "FOLDER/prompts.jsonl | shapes                    | is no ShapesWorld model",
        "FOLDER/prompts.jsonl | FOLDER/test.txt, seed: 1  | unknown",
        "promptsPerEpoch: 3   | promptsPerEpoch: 6        | holds only 3: lower",
        "source: FOLDER/test.txt, | | no held-out prompts: name their file with evaluation.source",
        "jpeg_compressibility: 1 | ocr: {command: cat}    | prompts.jsonl: line 1: the prompt 'a"
            + " cat' has no words",
        "jpeg_compressibility: 1 | geneval: {command: cat} | prompts.jsonl: line 1: the prompt 'a"
            + " cat' has no GenEval metadata",
        "jpeg_compressibility: 1 | beauty: 1              | there is no reward 'beauty'",
        "adapter: {rank: 2, alpha: 4} | adapter: {targets: [nothing]} | nothing",
        "adapter: {rank: 2, alpha: 4} | adapter: {start: FOLDER/none} | none: no such adapter"
            + " folder",
        "adapter: {rank: 2, alpha: 4} | adapter: {start: FOLDER/model} | adapter_config.json: no"
            + " such file",
        "{rank: 2, alpha: 4} | {start: FOLDER/some, rank: 2} | some: has rank 3, not 2: leave out"
            + " what",
        "{rank: 2, alpha: 4} | {start: FOLDER/some, targets: [attn.to_q]} | has targets"
            + " [transformer_",
        "{rank: 2, alpha: 4} | {start: FOLDER/wide} | does not fit the model: tensor"
            + " transformer_blocks",
        "{rank: 2, alpha: 4} | {start: FOLDER/uneven} | ranks or scales,"
            + " transformer_blocks.0.attn.to_q (3, 2.0) and transformer",
      })
  void wrongInput(String old, @Nullable String replacement, String message) throws IOException {
    String text = CONFIG.replace(old, replacement == null ? "" : replacement);
    Path out = folder.resolve("out");
    Result result =
        run("train", "-q", "--no-cache", "--config", "" + write("a.yaml", text), "--out", "" + out);
    assertEquals(2, result.exit(), result.err());
    assertTrue(result.err().contains(message), result.err());
    assertFalse(Files.exists(out));
  }

  /** Else a run would begin, and its folder be left, before the first prompt is embedded. */
  @Test
  void whatPromptsNeedIsLookedForFirst() throws IOException {
    Path broken = folder.resolve("broken");
    Result made = run("synthesize", "sd35-medium", "--tiny", "--out", "" + broken);
    assertEquals(0, made.exit(), made.err());
    Path pieces = broken.resolve("tokenizer_3/spiece.model");
    byte[] bytes = Files.readAllBytes(pieces);
    Files.write(pieces, Arrays.copyOf(bytes, bytes.length / 2));
    assertRefused(broken, "spiece.model: is damaged");
    Files.write(pieces, bytes);
    Path encoder = broken.resolve("text_encoder_2/model.safetensors");
    Files.write(encoder, new byte[100]);
    assertRefused(broken, "text_encoder_2/model.safetensors: ");
    Files.delete(encoder);
    assertRefused(broken, "text_encoder_2");
  }

  private void assertRefused(Path broken, String message) throws IOException {
    Path out = folder.resolve("out");
    Path config = write("a.yaml", CONFIG);
    Result result =
        run(
            "train",
            "-q",
            "--no-cache",
            "--config",
            "" + config,
            "--model",
            "" + broken,
            "--out",
            "" + out);
    assertEquals(2, result.exit(), result.err());
    assertTrue(result.err().contains(message), result.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void presetsNeedAModelAndPrompts() {
    Path out = folder.resolve("out");
    Result without = run("train", "--config", "sd3-geneval", "--out", "" + out);
    assertEquals(2, without.exit());
    assertTrue(without.err().contains("dataset/geneval: no such file"), without.err());
    Result unknown = run("train", "--config", "sd3-beauty", "--out", "" + out);
    assertTrue(unknown.err().contains("those of the paper are sd3-geneval, "), unknown.err());
    Result resumed = run("train", "--resume", "" + folder, "--model", "x");
    assertTrue(resumed.err().contains("leave out --seed, --out, --model"), resumed.err());
    assertFalse(Files.exists(out));
  }

  private static final class Stopper implements TrainingListener {
    @Override
    public void epochDone(EpochReport report) {
      if (report.epoch() == 1) {
        throw new IllegalStateException("stopped");
      }
    }
  }

  private Path train(String name, String config) throws IOException {
    Path out = folder.resolve(name);
    Path file = write(name + ".yaml", config);
    Result done = run("train", "-q", "--no-cache", "--config", "" + file, "--out", "" + out);
    assertEquals(0, done.exit(), done.err());
    return out;
  }

  private Path write(String name, String config) throws IOException {
    return Files.writeString(
        folder.resolve(name), config.replace("MODEL", "" + model).replace("FOLDER", "" + shared));
  }

  private byte[] picture(String name, String... more) throws IOException {
    Path out = folder.resolve(name);
    List<String> args =
        new ArrayList<>(
            List.of("sample", "-q", "--no-cache", "--model", "" + model, "--prompt", "a cat"));
    args.addAll(List.of("--width", "32", "--height", "32", "--steps", "2", "--out", "" + out));
    args.addAll(List.of(more));
    Result made = run(args.toArray(String[]::new));
    assertEquals(0, made.exit(), made.err());
    return Pixels.bytes(ImageIO.read(out.toFile()));
  }

  /** What a picture shows, without what its file says. */
  private static final class Pixels {
    static byte[] bytes(BufferedImage image) {
      int[] rgb =
          image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
      return java.util.Arrays.toString(rgb).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit = Dnft.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new Result(exit, out.toString(), err.toString());
  }
}
