package org.diffusionnft.pipeline.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.diffusionnft.models.text.ClipTextConfig;
import org.diffusionnft.models.text.ClipTextLayout;
import org.diffusionnft.models.text.T5Config;
import org.diffusionnft.models.text.T5Layout;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.models.vae.VaeConfig;
import org.diffusionnft.models.vae.VaeLayout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.weights.checkpoint.ClipTextConfigFile;
import org.diffusionnft.weights.checkpoint.MmditConfigFile;
import org.diffusionnft.weights.checkpoint.ModelWriter;
import org.diffusionnft.weights.checkpoint.T5ConfigFile;
import org.diffusionnft.weights.checkpoint.VaeConfigFile;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.singlefile.SingleFile.Part;

/**
 * A model with the names, shapes and dtype of a real one and random values, to test memory, time
 * and plumbing before the real weights are available. Its pictures show noise.
 *
 * @param transformer the diffusion transformer
 * @param vae the autoencoder
 * @param clipL the first text encoder
 * @param clipG the second
 * @param t5 the third
 */
public record SyntheticModel(
    MmditConfig transformer,
    VaeConfig vae,
    ClipTextConfig clipL,
    ClipTextConfig clipG,
    T5Config t5) {

  /** Stable Diffusion 3.5 Medium: 2.5 billion parameters, and 5.6 billion of text encoders. */
  public static SyntheticModel sd35Medium() {
    List<Integer> dual = IntStream.range(0, 13).boxed().toList();
    return around(
        new MmditConfig(128, 2, 16, 24, 64, 24, 4096, 1536, 2048, 16, 384, dual, QkNorm.RMS_NORM));
  }

  /** Stable Diffusion 3.5 Large: 8.1 billion parameters, and the same encoders. */
  public static SyntheticModel sd35Large() {
    return around(
        new MmditConfig(
            128, 2, 16, 38, 64, 38, 4096, 2432, 2048, 16, 192, List.of(), QkNorm.RMS_NORM));
  }

  /** Stable Diffusion 3 Medium: 2.0 billion parameters, and the same encoders. */
  public static SyntheticModel sd3Medium() {
    return around(
        new MmditConfig(128, 2, 16, 24, 64, 24, 4096, 1536, 2048, 16, 192, List.of(), QkNorm.NONE));
  }

  /** Adds the parts that are the same in all published models. */
  private static SyntheticModel around(MmditConfig transformer) {
    return new SyntheticModel(
        transformer,
        new VaeConfig(3, 16, List.of(128, 256, 512, 512), 2, 32, 1.5305, 0.0609),
        new ClipTextConfig(
            49408, 768, 3072, 12, 12, 77, 768, UnaryOp.QUICK_GELU, 1e-5, ClipTextConfig.LARGEST_ID),
        new ClipTextConfig(
            49408, 1280, 5120, 32, 20, 77, 1280, UnaryOp.GELU_ERF, 1e-5, ClipTextConfig.LARGEST_ID),
        new T5Config(32128, 4096, 64, 10240, 24, 64, 32, 128, 1e-6));
  }

  /** Stable Diffusion 3.5 Medium's layout in a few megabytes, with latents of the same shape. */
  public static SyntheticModel tiny() {
    return sd35Medium().inMiniature();
  }

  /** The same layout in a few megabytes, with latents of the same shape. */
  public SyntheticModel inMiniature() {
    List<Integer> dual = transformer.dualAttentionLayers().isEmpty() ? List.of() : List.of(0, 1);
    return new SyntheticModel(
        new MmditConfig(16, 2, 16, 4, 32, 4, 160, 128, 128, 16, 48, dual, transformer.qkNorm()),
        new VaeConfig(3, 16, List.of(32, 32, 64, 64), 1, 32, 1.5305, 0.0609),
        new ClipTextConfig(
            2052, 64, 128, 2, 1, 77, 64, UnaryOp.GELU_ERF, 1e-5, ClipTextConfig.LARGEST_ID),
        new ClipTextConfig(
            2052, 64, 128, 2, 1, 77, 64, UnaryOp.GELU_ERF, 1e-5, ClipTextConfig.LARGEST_ID),
        new T5Config(1904, 160, 32, 256, 2, 4, 32, 128, 1e-6));
  }

  /**
   * Writes a diffusers folder in BF16.
   *
   * @param withT5 whether to write T5 too, the largest part: 9.5 of 16 GB
   * @throws IOException if it exists or cannot be written
   */
  public void write(Path out, long seed, boolean withT5, Device device) throws IOException {
    AtomicFolder.requireNewOrEmpty(out);
    Map<String, Shape> stored = new LinkedHashMap<>(MmditLayout.parameters(transformer));
    stored.put(MmditLayout.POSITION_EMBEDDING, MmditLayout.positionEmbedding(transformer));
    ModelWriter writer = new ModelWriter();
    add(writer, Part.TRANSFORMER, stored, MmditConfigFile.toJson(transformer), seed);
    add(writer, Part.VAE, VaeLayout.parameters(vae), VaeConfigFile.toJson(vae), seed);
    add(
        writer,
        Part.CLIP_L,
        ClipTextLayout.parameters(clipL),
        ClipTextConfigFile.toJson(clipL),
        seed);
    add(
        writer,
        Part.CLIP_G,
        ClipTextLayout.parameters(clipG),
        ClipTextConfigFile.toJson(clipG),
        seed);
    if (withT5) {
      add(writer, Part.T5, T5Layout.parameters(t5), T5ConfigFile.toJson(t5), seed);
    }
    Path tokenizers = Files.createTempDirectory("dnft-tokenizers");
    try {
      tokenizer(writer, tokenizers, Part.CLIP_L, "clip", "vocab.json", "merges.txt");
      tokenizer(writer, tokenizers, Part.CLIP_G, "clip_2", "vocab.json", "merges.txt");
      if (withT5) {
        tokenizer(writer, tokenizers, Part.T5, "t5", "spiece.model");
      }
      writer.writeFolder(out, null, device);
    } finally {
      delete(tokenizers);
    }
  }

  private void add(
      ModelWriter writer, Part part, Map<String, Shape> shapes, ObjectNode config, long seed) {
    writer.part(part, new SyntheticTensors(part.toString(), shapes, transformer, seed), config);
  }

  /** Copies a bundled tokenizer; both CLIP tokenizers share a vocabulary. */
  private static void tokenizer(
      ModelWriter writer, Path folder, Part part, String name, String... vocabulary)
      throws IOException {
    Path target = Files.createDirectory(folder.resolve(name));
    copy("tokenizers/" + name + "/tokenizer_config.json", target.resolve("tokenizer_config.json"));
    if (part != Part.T5) {
      copy(
          "tokenizers/" + name + "/special_tokens_map.json",
          target.resolve("special_tokens_map.json"));
    }
    for (String file : vocabulary) {
      copy("tokenizers/" + (part == Part.T5 ? "t5/" : "clip/") + file, target.resolve(file));
    }
    writer.tokenizer(part, target);
  }

  private static void copy(String resource, Path to) throws IOException {
    try (InputStream in = SyntheticModel.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its resource " + resource);
      }
      AtomicFile.write(to, in.readAllBytes());
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      for (Path path : all.toList().reversed()) {
        Files.delete(path);
      }
    }
  }
}
