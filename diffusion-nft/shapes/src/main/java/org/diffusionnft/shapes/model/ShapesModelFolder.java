package org.diffusionnft.shapes.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.shapes.Vocabulary;
import org.diffusionnft.shapes.WordVectors;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.checkpoint.MmditConfigFile;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;

/**
 * Writes a model of the world in the layout of diffusers: {@code transformer/} with its
 * configuration and weights, {@code scheduler/}, and {@code text_encoder/} with the description of
 * the frozen word vectors.
 */
public final class ShapesModelFolder {
  static final String TRANSFORMER = "transformer";
  static final String CONFIG = "config.json";
  static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  private ShapesModelFolder() {}

  /**
   * Writes a model, file by file, replacing existing files.
   *
   * @param weights by name; stored as BF16
   * @throws IOException if a file cannot be written
   */
  public static void write(Path folder, MmditConfig config, Map<String, Tensor> weights)
      throws IOException {
    Path transformer = Files.createDirectories(folder.resolve(TRANSFORMER));
    StrictJson.write(transformer.resolve(CONFIG), json(config));
    writeWeights(transformer.resolve(WEIGHTS), weights);

    ObjectNode scheduler = StrictJson.object();
    scheduler.put("_class_name", "FlowMatchEulerDiscreteScheduler");
    scheduler.put("num_train_timesteps", FlowMatchSchedule.TRAIN_TIMESTEPS);
    scheduler.put("shift", ShapesModel.SAMPLING.shift());
    StrictJson.write(
        Files.createDirectories(folder.resolve("scheduler")).resolve("scheduler_config.json"),
        scheduler);

    ObjectNode text = StrictJson.object();
    text.put("_class_name", "ShapesWorldWordVectors");
    text.put("dim", config.jointAttentionDim());
    text.put("max_tokens", Vocabulary.MAX_TOKENS);
    text.put("seed", WordVectors.SEED);
    Vocabulary.all().forEach(text.putArray("words")::add);
    WordVectors.sides().forEach(text.putArray("sides")::add);
    StrictJson.write(Files.createDirectories(folder.resolve("text_encoder")).resolve(CONFIG), text);
  }

  private static void writeWeights(Path file, Map<String, Tensor> weights) throws IOException {
    if (weights.isEmpty()) {
      throw new InvalidInputException("a model without weights cannot be written");
    }
    try (var _ = weights.values().iterator().next().device().memory().scope()) {
      Map<String, Tensor> rounded = new LinkedHashMap<>();
      weights.forEach((name, w) -> rounded.put(name, Elementwise.convert(w, DType.BF16)));
      SafetensorsWriter.write(file, rounded, SafetensorsWriter.PYTORCH);
    }
  }

  private static ObjectNode json(MmditConfig config) {
    ObjectNode json = MmditConfigFile.toJson(config);
    json.remove("_diffusers_version"); // not written by diffusers
    return json;
  }
}
