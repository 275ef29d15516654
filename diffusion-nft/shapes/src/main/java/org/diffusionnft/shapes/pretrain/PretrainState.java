package org.diffusionnft.shapes.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;

/**
 * Everything that a run needs to resume as if it had never stopped: weights, their averages, the
 * optimizer's moments, and the step. It is one safetensors file, replaced atomically, so that a
 * killed run leaves the last complete one. Random numbers are addressed by the step and need not be
 * saved.
 */
final class PretrainState {
  private static final String SETTINGS = "pretrain_settings";
  private static final String STEP = "step";
  private static final JsonMapper JSON = new JsonMapper();

  private final List<String> names;
  private final AdamW optimizer;
  private final Ema ema;

  /**
   * @param names the names of the optimizer's parameters, in order
   */
  PretrainState(List<String> names, AdamW optimizer, Ema ema) {
    this.names = List.copyOf(names);
    this.optimizer = optimizer;
    this.ema = ema;
  }

  /** Writes everything. */
  void save(Path file, PretrainSettings settings) throws OutputException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(SETTINGS, toJson(settings));
    metadata.put(STEP, Long.toString(optimizer.step()));
    SafetensorsWriter.write(file, tensors(), metadata);
  }

  /**
   * Overwrites everything with the values of a file.
   *
   * @throws InvalidFileException if it does not fit the model
   */
  void load(Path file, Device device) throws InvalidFileException {
    try (SafetensorsFile source = SafetensorsFile.open(file);
        var _ = device.memory().scope()) {
      for (Map.Entry<String, Tensor> e : tensors().entrySet()) {
        Tensor target = e.getValue();
        if (source.dtype(e.getKey()) != DType.F32
            || !source.shape(e.getKey()).equals(target.shape())) {
          throw new InvalidFileException(
              file,
              "tensor "
                  + e.getKey()
                  + " should be F32 "
                  + target.shape()
                  + ", not "
                  + source.dtype(e.getKey())
                  + " "
                  + source.shape(e.getKey()));
        }
        device.elementwise().convert(source.tensor(e.getKey(), device), target);
      }
      optimizer.step(step(file, source.metadata()));
    }
  }

  /**
   * The recipe of the run that a file belongs to.
   *
   * @throws InvalidFileException if it is missing or not such a file
   */
  static PretrainSettings settings(Path file) throws InvalidFileException {
    try (SafetensorsFile source = SafetensorsFile.open(file)) {
      String json = source.metadata().get(SETTINGS);
      if (json == null) {
        throw new InvalidFileException(file, "is not the state of a pretraining run");
      }
      return fromJson(JSON.readTree(json));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new InvalidFileException(file, "has settings that cannot be read", e);
    }
  }

  private Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    List<Variable> parameters = optimizer.parameters();
    for (int i = 0; i < names.size(); i++) {
      tensors.put("weight." + names.get(i), parameters.get(i).value());
      tensors.put("average." + names.get(i), ema.averages().get(i));
      tensors.put("first_moment." + names.get(i), optimizer.firstMoments().get(i));
      tensors.put("second_moment." + names.get(i), optimizer.secondMoments().get(i));
    }
    return tensors;
  }

  private static long step(Path file, Map<String, String> metadata) throws InvalidFileException {
    try {
      return Long.parseLong(metadata.getOrDefault(STEP, ""));
    } catch (NumberFormatException e) {
      throw new InvalidFileException(file, "does not say its step", e);
    }
  }

  private static String toJson(PretrainSettings s) {
    ObjectNode json = JSON.createObjectNode();
    json.put("steps", s.steps()).put("batch", s.batch()).put("learning_rate", s.learningRate());
    json.put("warmup", s.warmup()).put("final_rate", s.finalRate()).put("beta2", s.beta2());
    json.put("weight_decay", s.weightDecay()).put("max_gradient_norm", s.maxGradientNorm());
    json.put("ema_decay", s.emaDecay()).put("caption_dropout", s.captionDropout());
    json.put("caption_mistakes", s.captionMistakes()).put("level_mean", s.levelMean());
    return json.put("level_spread", s.levelSpread()).put("seed", s.seed()).toString();
  }

  private static PretrainSettings fromJson(JsonNode json) {
    return new PretrainSettings(
        required(json, "steps").asInt(),
        required(json, "batch").asInt(),
        required(json, "learning_rate").asDouble(),
        required(json, "warmup").asInt(),
        required(json, "final_rate").asDouble(),
        required(json, "beta2").asDouble(),
        required(json, "weight_decay").asDouble(),
        required(json, "max_gradient_norm").asDouble(),
        required(json, "ema_decay").asDouble(),
        required(json, "caption_dropout").asDouble(),
        required(json, "caption_mistakes").asDouble(),
        required(json, "level_mean").asDouble(),
        required(json, "level_spread").asDouble(),
        required(json, "seed").asLong());
  }

  private static JsonNode required(JsonNode json, String key) {
    if (!json.has(key)) {
      throw new InvalidInputException("no " + key);
    }
    return json.get(key);
  }
}
