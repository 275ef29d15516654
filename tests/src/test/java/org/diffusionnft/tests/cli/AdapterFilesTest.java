package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.adapter.AdapterInit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.weights.checkpoint.MmditConfigFile;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftFolder;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters made here are files as PEFT and diffusers write them. */
class AdapterFilesTest {
  private static final String TENSORS = "adapter_model.safetensors";
  private static final String CONFIG = "adapter_config.json";

  @TempDir private Path folder;

  /** What PEFT wrote of an adapter with rank 4 and alpha 8. */
  private static Path byPeft() throws URISyntaxException {
    var url = Objects.requireNonNull(AdapterFilesTest.class.getResource("/golden/lora/adapter"));
    return Path.of(url.toURI());
  }

  @Test
  void aNewAdapterHasTheNamesAndTheConfigurationOfPeft() throws Exception {
    Path ours = folder.resolve("ours");
    Path described = byPeft().resolveSibling("config.json");
    ObjectNode json = (ObjectNode) StrictJson.readObject(described).path("model_config");
    MmditConfig config = MmditConfigFile.parse(described, json);
    try (ReferenceDevice device = new ReferenceDevice();
        Adapter made =
            Adapter.create(
                new AdapterConfig(4, 8, AdapterConfig.JOINT_ATTENTION),
                MmditLayout.parameters(config),
                device,
                AdapterInit.gaussian(1))) {
      PeftFolder.write(ours, Map.of(PeftFolder.DEFAULT, PeftAdapter.of(made)));
    }
    assertEquals(tensors(byPeft().resolve(TENSORS)), tensors(ours.resolve(TENSORS)));

    ObjectNode expected = StrictJson.readObject(byPeft().resolve(CONFIG));
    ObjectNode found = StrictJson.readObject(ours.resolve(CONFIG));
    assertEquals(keys(expected), keys(found));
    assertEquals(targets(expected), targets(found));
    expected.remove("target_modules"); // a set in PEFT, written in any order
    found.remove("target_modules");
    assertEquals(expected.toString(), found.toString());
  }

  @Tag("slow")
  @Test
  void convertGivesDiffusersFileAndBack() throws Exception {
    Path file = folder.resolve("pytorch_lora_weights.safetensors");
    Path back = folder.resolve("back");
    dnft("convert", "--adapter", byPeft(), "--out", file).succeeds();
    dnft("convert", "--adapter", file, "--out", back).succeeds();
    assertEquals(-1, Files.mismatch(byPeft().resolve(TENSORS), back.resolve(TENSORS)));
    assertEquals(
        StrictJson.readObject(byPeft().resolve(CONFIG)).path("lora_alpha"),
        StrictJson.readObject(back.resolve(CONFIG)).path("lora_alpha"));
    dnft("convert", "--adapter", byPeft(), "--out", back).refuses("exists");
  }

  private static Map<String, String> tensors(Path path) throws IOException {
    Map<String, String> tensors = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (String name : file.names()) {
        tensors.put(name, file.dtype(name) + " " + file.shape(name));
      }
    }
    return tensors;
  }

  private static List<String> keys(ObjectNode json) {
    return json.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static TreeSet<String> targets(ObjectNode json) {
    TreeSet<String> targets = new TreeSet<>();
    json.path("target_modules").forEach(n -> targets.add(n.asText()));
    return targets;
  }
}
