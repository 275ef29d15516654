package org.diffusionnft.weights.peft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeftFolderTest {
  private final ReferenceDevice device = new ReferenceDevice();
  @TempDir Path folder;

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void adaptersComeBack() throws IOException {
    Map<String, PeftAdapter> written = new LinkedHashMap<>();
    written.put("default", adapter(2, 1));
    written.put("old", adapter(2, 5));
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, written);
    Map<String, PeftAdapter> read = PeftFolder.read(target, device);
    assertEquals(List.of("default", "old"), List.copyOf(read.keySet()));
    assertEquals(written.get("old").config(), read.get("old").config());
    LoraFactors factors = read.get("old").modules().get("blocks.0.to_q");
    assertArrayEquals(new float[] {5, 5, 5, 5, 5, 5}, factors.a().toFloats());
    assertEquals(Shape.of(4, 2), factors.b().shape());
    assertEquals(4.0, read.get("default").scaling("blocks.0.to_q"));
  }

  @Test
  void halfPrecisionAdaptersAreWidened() throws IOException {
    PeftAdapter half =
        new PeftAdapter(
            PeftConfig.of(2, 8, List.of("to_q")),
            Map.of(
                "to_q",
                new LoraFactors(
                    Tensor.full(device, DType.BF16, Shape.of(2, 3), 0.5),
                    Tensor.full(device, DType.F16, Shape.of(4, 2), 0.25))));
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", half));
    LoraFactors read = PeftFolder.readOne(target, device).modules().get("to_q");
    assertEquals(DType.F32, read.a().dtype());
    assertEquals(0.25f, read.b().toFloats()[7]);
  }

  @Test
  void patternsAsPeftMatchesThem() {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    ranks.put("attn.to_q", 3);
    ranks.put("blocks\\.[12]\\.to_k", 5);
    PeftConfig config =
        new PeftConfig(8, 16, false, 0, List.of(), null, ranks, Map.of("to_k", 4.0), null);
    assertEquals(3, config.rank("blocks.0.attn.to_q"));
    assertEquals(8, config.rank("blocks.0.xattn.to_q"));
    assertEquals(5, config.rank("model.blocks.2.to_k"));
    assertEquals(8, config.rank("model.blocks.3.to_k"));
    assertEquals(0.5, config.scaling("blocks.3.to_k", 8));
    assertEquals(2.0, config.scaling("blocks.3.to_v", 8));
    PeftConfig stabilized =
        new PeftConfig(4, 16, true, 0, List.of(), null, Map.of(), Map.of(), null);
    assertEquals(8.0, stabilized.scaling("x", 4));
  }

  @Test
  void patternsOfTargetModulesAreKept() throws IOException {
    String pattern = "blocks\\.[01]\\.(to_q|to_k)";
    PeftConfig config =
        new PeftConfig(2, 8, false, 0, List.of(), pattern, Map.of(), Map.of(), null);
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", new PeftAdapter(config, adapter(2, 1).modules())));
    String json = Files.readString(target.resolve("adapter_config.json"));
    assertTrue(json.contains("(to_q|to_k)"), json);
    assertEquals(config, PeftFolder.readOne(target, device).config());
  }

  @Test
  void whatIsLeftOutComesBack() throws IOException {
    PeftConfig.Exclusions exclusions =
        new PeftConfig.Exclusions(List.of("to_k"), null, List.of(0, 1), List.of("blocks"));
    ModulePatterns<Integer> ranks = new ModulePatterns<>(Map.of());
    ModulePatterns<Double> alphas = new ModulePatterns<>(Map.of());
    List<String> targets = List.of("blocks.0.to_q", "blocks.1.to_q");
    PeftConfig config =
        new PeftConfig(2, 8, false, 0, targets, null, exclusions, ranks, alphas, null);
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", new PeftAdapter(config, adapter(2, 1).modules())));
    assertEquals(config, PeftFolder.readOne(target, device).config());
  }

  /** An adapter in whose configuration something is replaced. */
  private Path withConfig(String found, String replacement) throws IOException {
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", adapter(2, 1)));
    Path config = target.resolve("adapter_config.json");
    String text = Files.readString(config);
    assertTrue(text.contains(found), text);
    Files.writeString(config, text.replace(found, replacement));
    return target;
  }

  /** PEFT would make no layer for them, and say so in a warning. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"exclude_modules\": null | \"exclude_modules\": [\"1.to_q\"] | exclude_modules"
            + " '[1.to_q]'",
        "\"layers_to_transform\": null | \"layers_to_transform\": [0] | layers_to_transform '[0]'",
        "\"to_q\" | \"0.to_q\" | target_modules '[0.to_q]'",
      })
  void tensorsOfLayersThatAreLeftOut(String found, String put, String message) throws IOException {
    Path target = withConfig(found, put);
    assertInvalid(target, "adapter_model.safetensors", "to_q.lora_A.weight', whose layer");
    assertInvalid(target, "adapter_model.safetensors", "leaves out by " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"LORA\" | \"IA3\" | peft_type 'IA3'",
        "\"use_dora\": false | \"use_dora\": true | uses use_dora",
        "\"bias\": \"none\" | \"bias\": \"all\" | bias 'all'",
        "\"modules_to_save\": null | \"modules_to_save\": [\"x\"] | uses modules_to_save",
        "\"gaussian\" | \"pissa\" | init_lora_weights 'pissa', which changes the base weights",
        "\"gaussian\" | \"newest\" | init_lora_weights 'newest', which is unknown",
        "\"use_dora\": false | \"use_future_variant\": true | the field 'use_future_variant'",
        "\"use_dora\": false | \"future_config\": {\"a\": 1} | the field 'future_config'",
        "\"use_rslora\": false | \"use_rslora\": \"yes\" | true or false under 'use_rslora'",
        "\"rank_pattern\": { } | \"rank_pattern\": {\"((x{100}){100}){100}\": 1} | is too large",
        "\"r\": 2 | \"r\": 0 | at least 1 as r, not '0'",
        "\"r\": 2 | \"s\": 2 | at least 1 as r, not nothing",
        "\"lora_alpha\": 8 | \"lora_alpha\": \"8\" | number as lora_alpha",
        "\"rank_pattern\": { } | \"rank_pattern\": {\"(\": 1} | not a regular expression",
        "\"r\": 2 | \"r\": 2, \"r\": 2 | key 'r' stands twice in one object",
      })
  void unsupportedConfigurations(String found, String replacement, String message)
      throws IOException {
    Path target = withConfig(found, replacement);
    assertInvalid(target, "adapter_config.json", message);
  }

  /**
   * EVA chooses A from activations; the base stays as it is. And fields that are off say nothing.
   */
  @Test
  void whatLeavesTheNumbersAloneIsRead() throws IOException {
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", adapter(2, 1)));
    Path config = target.resolve("adapter_config.json");
    String text =
        Files.readString(config)
            .replace("\"gaussian\"", "\"eva\"")
            .replace("\"eva_config\": null", "\"eva_config\": {\"rho\": 2.0}")
            .replace("\"use_dora\": false", "\"use_dora\": false, \"use_future_variant\": false");
    assertTrue(text.contains("rho"), text);
    Files.writeString(config, text);
    assertEquals(2, PeftFolder.read(target, device).get("default").modules().size());
  }

  /** Names that are prefix and suffix at once, and factors of nothing. */
  @Test
  void namesAndShapesWithNothingInThem() throws IOException {
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", adapter(2, 1)));
    Path tensors = target.resolve("adapter_model.safetensors");
    Tensor x = Tensor.of(device, new float[6], 2, 3);
    for (String name :
        List.of("base_model.model.lora_A.weight", "base_model.model..lora_A.weight")) {
      SafetensorsWriter.write(tensors, Map.of(name, x), Map.of());
      assertInvalid(target, "adapter_model.safetensors", "lora_");
    }
    String module = "base_model.model.m";
    SafetensorsWriter.write(
        tensors,
        Map.of(
            module + ".lora_A.weight",
            Tensor.zeros(device, DType.F32, Shape.of(2, 0)),
            module + ".lora_B.weight",
            Tensor.zeros(device, DType.F32, Shape.of(3, 2))),
        Map.of());
    assertInvalid(target, "adapter_model.safetensors", "[rank, in] and [out, rank] are expected");
  }

  @Test
  void numbersThatAreNoneAreNamedByLayer() throws IOException {
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", adapter(2, Double.NaN)));
    assertEquals(2, AdapterFile.readAsIs(target, device).modules().size());
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> AdapterFile.read(target, device));
    assertTrue(
        e.getMessage().startsWith(target + ": the adapter's layer 'blocks.0.to_q' holds NaN"));
  }

  @Test
  void aFileOfTheFolderIsSentToTheFolder() throws IOException {
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", adapter(2, 1)));
    for (String name : List.of("adapter_model.safetensors", "adapter_config.json")) {
      Path file = target.resolve(name);
      InvalidFileException e =
          assertThrows(InvalidFileException.class, () -> AdapterFile.read(file, device));
      assertEquals(
          file + ": is a file of a PEFT folder: name the folder, " + target, e.getMessage());
    }
    Files.delete(target.resolve("adapter_config.json"));
    InvalidFileException e =
        assertThrows(
            InvalidFileException.class,
            () -> AdapterFile.read(target.resolve("adapter_model.safetensors"), device));
    assertTrue(e.getMessage().contains("adapter_config.json is missing"), e.getMessage());
  }

  @Test
  void folderProblems() throws IOException {
    assertInvalid(folder.resolve("absent"), "absent", "no such adapter folder");
    assertInvalid(folder, "adapter_config.json", "no such file");
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", adapter(2, 1)));
    Files.move(target.resolve("adapter_model.safetensors"), target.resolve("adapter_model.bin"));
    assertInvalid(target, "adapter_model.safetensors", "pickled");
  }

  @Test
  void rankOtherThanTheConfigurationSays() throws IOException {
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", adapter(2, 1)));
    Path config = target.resolve("adapter_config.json");
    Files.writeString(config, Files.readString(config).replace("\"r\": 2", "\"r\": 3"));
    assertInvalid(target, "adapter_model.safetensors", "the configuration says rank 3");
  }

  @Test
  void tensorProblems() throws IOException {
    Path target = folder.resolve("adapter");
    PeftFolder.write(target, Map.of("default", adapter(2, 1)));
    Path tensors = target.resolve("adapter_model.safetensors");
    Tensor x = Tensor.of(device, new float[6], 2, 3);
    String module = "base_model.model.blocks.0.to_q";
    SafetensorsWriter.write(tensors, Map.of(module + ".lora_magnitude_vector", x), Map.of());
    assertInvalid(target, "adapter_model.safetensors", "uses DoRA (tensor '" + module);
    SafetensorsWriter.write(tensors, Map.of(module + ".lora_A.weight", x), Map.of());
    assertInvalid(target, "adapter_model.safetensors", "no tensor '" + module + ".lora_B.weight'");
    SafetensorsWriter.write(tensors, Map.of(), Map.of());
    assertInvalid(target, "adapter_model.safetensors", "has no tensors of an adapter");
  }

  private void assertInvalid(Path target, String file, String message) {
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> PeftFolder.read(target, device));
    assertTrue(e.getMessage().contains(file), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  private PeftAdapter adapter(int rank, double value) {
    Map<String, LoraFactors> modules = new LinkedHashMap<>();
    for (String module : List.of("blocks.0.to_q", "blocks.1.to_q")) {
      modules.put(
          module,
          new LoraFactors(
              Tensor.full(device, DType.F32, Shape.of(rank, 3), value),
              Tensor.full(device, DType.F32, Shape.of(4, rank), -value)));
    }
    return new PeftAdapter(PeftConfig.of(rank, 8, List.of("to_q")), modules);
  }
}
