package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.blip.BlipLayout;
import org.diffusionnft.models.mask2former.Mask2FormerConfig;
import org.diffusionnft.models.mask2former.Mask2FormerLayout;
import org.diffusionnft.models.text.ClipTextConfig;
import org.diffusionnft.models.text.ClipTextLayout;
import org.diffusionnft.models.text.T5Config;
import org.diffusionnft.models.text.T5Layout;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.models.vae.VaeConfig;
import org.diffusionnft.models.vae.VaeLayout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.blip.ImageRewardCheckpoint;
import org.diffusionnft.weights.checkpoint.ClipTextConfigFile;
import org.diffusionnft.weights.checkpoint.MmditConfigFile;
import org.diffusionnft.weights.checkpoint.T5ConfigFile;
import org.diffusionnft.weights.checkpoint.VaeConfigFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.mask2former.Mask2FormerCheckpoint;
import org.diffusionnft.weights.mask2former.Mask2FormerConfigFile;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.singlefile.AsSingleFile;
import org.diffusionnft.weights.singlefile.SingleFile;
import org.diffusionnft.weights.singlefile.SingleFile.Part;

/**
 * Names and shapes of full-size checkpoints: they match the configuration, each is translated
 * between both layouts and back, none is left over, and the configuration can be inferred from
 * them.
 */
final class ManifestCase implements CaseKind {
  private static final String TRANSFORMER = "transformer_diffusers.json";
  private static final String TRANSFORMER_SINGLE = "transformer_single_file.json";
  private static final String VAE = "vae_diffusers.json";
  private static final String VAE_SINGLE = "vae_single_file.json";
  private static final String IMAGE_REWARD = "image_reward.json";
  private static final String MASK2FORMER = "mask2former_swin_s_transformers.json";
  private static final String MASK2FORMER_MMDET = "mask2former_swin_s_mmdet.json";
  private static final String POSITIONS = "pos_embed_rows.safetensors";

  /** Sines and cosines of doubles, rounded to floats; the largest is 1. */
  private static final Margin POSITION_MARGIN = new Margin.Absolute(8 * 0x1p-23);

  @Override
  public String name() {
    return "manifest";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return Files.exists(folder.path().resolve(TRANSFORMER))
        || Files.exists(folder.path().resolve(VAE));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    Run run = new Run(folder, checks);
    run.transformer();
    run.vae();
    run.clip("clip_l.json", Part.CLIP_L);
    run.clip("clip_g.json", Part.CLIP_G);
    run.t5();
    run.imageReward();
    run.mask2Former();
    run.wholeFile();
  }

  private static final class Run {
    private final Path folder;
    private final CaseFolder caseFolder;
    private final Checks checks;
    private final Map<Part, Manifest> parts = new EnumMap<>(Part.class);
    private final List<Manifest> single = new ArrayList<>();

    Run(CaseFolder caseFolder, Checks checks) {
      this.folder = caseFolder.path();
      this.caseFolder = caseFolder;
      this.checks = checks;
    }

    private boolean has(String name) {
      return Files.exists(folder.resolve(name));
    }

    void transformer() throws IOException {
      if (!has(TRANSFORMER)) {
        return;
      }
      Manifest manifest = Manifest.read(folder.resolve(TRANSFORMER));
      MmditConfig config = MmditConfigFile.parse(manifest.path(), manifest.config());
      Map<String, Shape> layout = new LinkedHashMap<>(MmditLayout.parameters(config));
      layout.put(MmditLayout.POSITION_EMBEDDING, MmditLayout.positionEmbedding(config));
      same(TRANSFORMER, manifest, layout);
      total(TRANSFORMER, manifest);
      MmditConfig inferred = MmditConfigFile.infer(manifest);
      boolean follows =
          TransformerInputs.withSampleSize(config, inferred.sampleSize()).equals(inferred);
      checks.holds(TRANSFORMER + " inferred configuration", follows, inferred + " is inferred");
      parts.put(Part.TRANSFORMER, manifest);
      both(Part.TRANSFORMER, TRANSFORMER_SINGLE, layout);
      for (Path lora : loras()) {
        lora(lora, MmditLayout.parameters(config));
      }
      if (has(POSITIONS)) {
        positions(config);
      }
    }

    void vae() throws IOException {
      if (!has(VAE)) {
        return;
      }
      Manifest manifest = Manifest.read(folder.resolve(VAE));
      VaeConfig config = VaeConfigFile.parse(manifest.path(), manifest.config());
      same(VAE, manifest, VaeLayout.parameters(config));
      total(VAE, manifest);
      VaeConfig inferred = VaeConfigFile.infer(manifest);
      checks.holds(
          VAE + " inferred configuration",
          VaeCase.withoutNumbers(inferred).equals(VaeCase.withoutNumbers(config)),
          inferred + " is inferred");
      parts.put(Part.VAE, manifest);
      both(Part.VAE, VAE_SINGLE, VaeLayout.parameters(config));
    }

    void clip(String name, Part part) throws IOException {
      if (!has(name)) {
        return;
      }
      Manifest manifest = Manifest.read(folder.resolve(name));
      ClipTextConfig config = ClipTextConfigFile.parse(manifest.path(), manifest.config());
      same(name, manifest, ClipTextLayout.parameters(config));
      total(name, manifest);
      ClipTextConfig inferred = ClipTextConfigFile.infer(manifest);
      checks.holds(
          name + " inferred configuration",
          sizes(inferred).equals(sizes(config)),
          inferred + " is inferred");
      parts.put(part, manifest);
      single.add(manifest.prefixed(part.prefix()));
    }

    void t5() throws IOException {
      String name = "t5xxl.json";
      if (!has(name)) {
        return;
      }
      Manifest manifest = Manifest.read(folder.resolve(name));
      T5Config config = T5ConfigFile.parse(manifest.path(), manifest.config());
      same(name, manifest, T5Layout.parameters(config));
      total(name, manifest);
      T5Config inferred = T5ConfigFile.infer(manifest);
      checks.holds(
          name + " inferred configuration",
          sizes(inferred).equals(sizes(config)),
          inferred + " is inferred");
      parts.put(Part.T5, manifest);
      single.add(manifest.prefixed(Part.T5.prefix()));
    }

    /**
     * The values that can be inferred from names and shapes; activation, epsilon and end token
     * cannot.
     */
    private static List<Integer> sizes(ClipTextConfig config) {
      return List.of(
          config.vocabSize(),
          config.hiddenSize(),
          config.intermediateSize(),
          config.numLayers(),
          config.numHeads(),
          config.maxPositions(),
          config.projectionDim());
    }

    /**
     * The values that can be inferred from names and shapes; the largest distance and epsilon
     * cannot.
     */
    private static List<Integer> sizes(T5Config config) {
      return List.of(
          config.vocabSize(),
          config.modelDim(),
          config.headDim(),
          config.feedForwardDim(),
          config.numLayers(),
          config.numHeads(),
          config.buckets());
    }

    /** The single-file manifest of a part, read, and written again from the other layout. */
    private void both(Part part, String name, Map<String, Shape> layout) throws IOException {
      if (!has(name)) {
        return;
      }
      Manifest file = Manifest.read(folder.resolve(name));
      total(name, file);
      single.add(file);
      AsSingleFile written =
          AsSingleFile.of(
              file.path(), Map.of(part, java.util.Objects.requireNonNull(parts.get(part))));
      same(name + " from the other layout", written, file.shapes());
      if (part == Part.TRANSFORMER) {
        same(name + " under diffusers names", SingleFile.of(file).part(part), layout);
      }
    }

    /** All parts in one file, as they are published together. */
    void wholeFile() throws IOException {
      if (single.isEmpty() || !parts.containsKey(Part.TRANSFORMER) || !has(TRANSFORMER_SINGLE)) {
        return;
      }
      Manifest all = single.getFirst();
      for (Manifest next : single) {
        all = all.with(next);
      }
      SingleFile file = SingleFile.of(all);
      for (Map.Entry<Part, Manifest> part : parts.entrySet()) {
        if (file.has(part.getKey())) {
          same("single file: " + part.getKey(), file.part(part.getKey()), part.getValue().shapes());
        }
      }
      Map<Part, TensorSource> sources = new EnumMap<>(Part.class);
      sources.putAll(parts);
      same("single file from all parts", AsSingleFile.of(all.path(), sources), all.shapes());
    }

    private List<Path> loras() throws IOException {
      try (var files = Files.list(folder)) {
        return files.filter(f -> f.getFileName().toString().startsWith("lora_")).sorted().toList();
      }
    }

    /** PEFT's names and shapes for an adapter. */
    private void lora(Path path, Map<String, Shape> layout) throws InvalidFileException {
      Manifest manifest = Manifest.read(path);
      CaseConfig json = new CaseConfig(path, "", manifest.json());
      List<String> targets = new ArrayList<>();
      for (JsonNode target : json.get("target_modules").node()) {
        targets.add(target.asText());
      }
      AdapterConfig config =
          new AdapterConfig(json.integer("r"), json.number("lora_alpha"), targets);
      Map<String, Shape> expected = new LinkedHashMap<>();
      config
          .adapted(layout)
          .forEach(
              (module, weight) -> {
                String name = "base_model.model." + module;
                long rank = config.rank();
                expected.put(name + ".lora_A.weight", Shape.of(rank, weight.dim(1)));
                expected.put(name + ".lora_B.weight", Shape.of(weight.dim(0), rank));
              });
      String label = path.getFileName().toString();
      same(label, manifest, expected);
      total(label, manifest);
    }

    private void positions(MmditConfig config) throws InvalidFileException {
      try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(POSITIONS))) {
        long[] rows = caseFolder.longs(file, "rows");
        double[] actual = new double[rows.length * config.width()];
        for (int i = 0; i < rows.length; i++) {
          float[] row = MmditLayout.positionEmbeddingRow(config, rows[i]);
          for (int j = 0; j < row.length; j++) {
            actual[i * row.length + j] = row[j];
          }
        }
        checks.against(POSITIONS, actual, caseFolder.doubles(file, "values"), POSITION_MARGIN);
      }
    }

    void imageReward() throws IOException {
      if (!has(IMAGE_REWARD)) {
        return;
      }
      Manifest manifest = Manifest.read(folder.resolve(IMAGE_REWARD));
      ImageRewardCheckpoint checkpoint = ImageRewardCheckpoint.of(manifest, 0, 0);
      Map<String, Shape> layout =
          new LinkedHashMap<>(BlipLayout.parameters(checkpoint.vision(), checkpoint.text()));
      for (Map.Entry<String, Shape> e : manifest.shapes().entrySet()) {
        if (BlipLayout.IGNORED.contains(e.getKey()) || e.getKey().startsWith(BlipLayout.HEAD)) {
          layout.put(e.getKey(), e.getValue());
        }
      }
      same(IMAGE_REWARD, manifest, layout);
      total(IMAGE_REWARD, manifest);
      int visionHeads = manifest.json().path("vision").path("num_heads").asInt();
      int textHeads = manifest.json().path("med_config").path("num_attention_heads").asInt();
      checks.holds(
          IMAGE_REWARD + " inferred configuration",
          checkpoint.vision().heads() == visionHeads && checkpoint.text().heads() == textHeads,
          checkpoint.vision() + " and " + checkpoint.text() + " are inferred");
    }

    void mask2Former() throws IOException {
      if (!has(MASK2FORMER)) {
        return;
      }
      Manifest manifest = Manifest.read(folder.resolve(MASK2FORMER));
      Mask2FormerConfig config = Mask2FormerConfigFile.parse(manifest.path(), manifest.config());
      Map<String, Shape> layout = Mask2FormerLayout.parameters(config);
      same(MASK2FORMER, manifest, withIgnored(layout, manifest));
      total(MASK2FORMER, manifest);
      inferred(MASK2FORMER, config, Mask2FormerConfigFile.infer(manifest));
      if (has(MASK2FORMER_MMDET)) {
        Manifest mmdet = Manifest.read(folder.resolve(MASK2FORMER_MMDET));
        total(MASK2FORMER_MMDET, mmdet);
        TensorSource named = Mask2FormerCheckpoint.named(mmdet);
        same(MASK2FORMER_MMDET + " under transformers' names", named, withIgnored(layout, named));
        inferred(MASK2FORMER_MMDET, config, Mask2FormerConfigFile.infer(named));
      }
    }

    private static Map<String, Shape> withIgnored(Map<String, Shape> layout, TensorSource source)
        throws InvalidFileException {
      Map<String, Shape> all = new LinkedHashMap<>(layout);
      for (String name : source.names()) {
        if (Mask2FormerLayout.isIgnored(name)) {
          all.put(name, source.shape(name));
        }
      }
      return all;
    }

    private void inferred(String label, Mask2FormerConfig stated, Mask2FormerConfig inferred) {
      checks.holds(
          label + " inferred configuration", inferred.equals(stated), inferred + " is inferred");
    }

    private void same(String label, TensorSource found, Map<String, Shape> expected)
        throws InvalidFileException {
      String difference = Manifest.difference(found, expected);
      checks.holds(
          label + ": " + expected.size() + " names and shapes", difference.isEmpty(), difference);
    }

    private void total(String label, Manifest manifest) {
      long sum = manifest.shapes().values().stream().mapToLong(Shape::elements).sum();
      for (JsonNode buffer : manifest.json().path("index_buffers_to_ignore")) {
        long elements = 1;
        for (JsonNode dim : buffer) {
          elements *= dim.asLong();
        }
        sum += elements;
      }
      long stated = manifest.json().path("parameters_and_buffers").asLong(sum);
      checks.holds(label + ": " + sum + " numbers", sum == stated, stated + " are stated");
    }
  }
}
