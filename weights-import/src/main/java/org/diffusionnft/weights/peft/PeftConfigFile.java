package org.diffusionnft.weights.peft;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * {@code adapter_config.json}. Reading accepts plain LoRA and rejects every variant that would
 * change the result; writing produces all keys that PEFT 0.21 writes.
 */
final class PeftConfigFile {
  static final String NAME = "adapter_config.json";

  /** Fields that must be off (absent, null, false or empty): each would change the arithmetic. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "alora_invocation_tokens",
          "arrow_config",
          "corda_config",
          "fan_in_fan_out",
          "kasa_config",
          "layer_replication",
          "loftq_config",
          "lora_bias",
          "lora_ga_config",
          "megatron_config",
          "modules_to_save",
          "monteclora_config",
          "target_parameters",
          "trainable_token_indices",
          "use_bdlora",
          "use_dora",
          "use_qalora",
          "velora_config");

  /** Fields that only describe the factors or their origin. */
  private static final Set<String> UNDERSTOOD =
      Set.of(
          "alpha_pattern",
          "auto_mapping",
          "base_model_name_or_path",
          "bias",
          "ensure_weight_tying",
          "eva_config",
          "exclude_modules",
          "inference_mode",
          "init_lora_weights",
          "layers_pattern",
          "layers_to_transform",
          "lora_alpha",
          "lora_dropout",
          "megatron_core",
          "peft_type",
          "peft_version",
          "qalora_group_size",
          "r",
          "rank_pattern",
          "revision",
          "runtime_config",
          "target_modules",
          "task_type",
          "use_rslora");

  /** Initialisations that leave the base weights unchanged. EVA computes A from activations. */
  private static final Set<String> PLAIN_INITIALISATIONS =
      Set.of("true", "false", "gaussian", "orthogonal", "eva");

  /** Initialisations that subtract the initial factors from the base weights. */
  private static final Set<String> CHANGING_INITIALISATIONS =
      Set.of("pissa", "olora", "loftq", "corda", "lora_ga");

  private final Path file;
  private final ObjectNode json;

  private PeftConfigFile(Path file, ObjectNode json) {
    this.file = file;
    this.json = json;
  }

  /**
   * Reads a configuration.
   *
   * @throws InvalidFileException if it is not JSON, not LoRA, or a variant that is not supported
   */
  static PeftConfig read(Path file) throws InvalidFileException {
    return parse(file, StrictJson.readObject(file));
  }

  /**
   * Parses a configuration from a JSON object.
   *
   * @param file its source, for messages
   * @throws InvalidFileException see {@link #read}
   */
  static PeftConfig parse(Path file, ObjectNode json) throws InvalidFileException {
    return new PeftConfigFile(file, json).config();
  }

  private PeftConfig config() throws InvalidFileException {
    String type = json.path("peft_type").asText("");
    if (!type.equals("LORA")) {
      throw invalid("has peft_type " + quote(type) + ", but only 'LORA' is supported");
    }
    for (String field : UNSUPPORTED) {
      if (!isOff(json.path(field))) {
        throw invalid("uses " + field + ", which is not supported: only plain LoRA is");
      }
    }
    String bias = json.path("bias").asText("none");
    if (!bias.equals("none")) {
      throw invalid("has bias " + quote(bias) + ", but only 'none' is supported");
    }
    JsonNode initialisation = json.path("init_lora_weights");
    if (!initialisation.isMissingNode()
        && !PLAIN_INITIALISATIONS.contains(initialisation.asText())) {
      String name = initialisation.asText();
      boolean changes = CHANGING_INITIALISATIONS.contains(name) || name.startsWith("pissa_niter_");
      throw invalid(
          "has init_lora_weights "
              + (name.isEmpty() ? shown(initialisation) : quote(name))
              + (changes ? ", which changes the base weights and" : ", which is unknown and")
              + " is not supported");
    }
    Map<String, Integer> ranks = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : pattern("rank_pattern").entrySet()) {
      ranks.put(e.getKey(), rank("rank_pattern of " + quote(e.getKey()), e.getValue()));
    }
    Map<String, Double> alphas = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : pattern("alpha_pattern").entrySet()) {
      alphas.put(e.getKey(), number("alpha_pattern of " + quote(e.getKey()), e.getValue()));
    }
    JsonNode base = json.path("base_model_name_or_path");
    JsonNode targets = json.path("target_modules");
    JsonNode dropout = json.path("lora_dropout");
    PeftConfig config =
        new PeftConfig(
            rank("r", json.path("r")),
            number("lora_alpha", json.path("lora_alpha")),
            new JsonFields(file, json).flag("use_rslora", false),
            dropout.isMissingNode() || dropout.isNull() ? 0 : number("lora_dropout", dropout),
            names("target_modules"),
            targets.isTextual() ? targets.asText() : null,
            exclusions(),
            patterns("rank_pattern", ranks),
            patterns("alpha_pattern", alphas),
            base.isTextual() ? base.asText() : null);
    requireUnderstood();
    try {
      new TargetedModules(config);
    } catch (InvalidInputException e) {
      throw new InvalidFileException(
          file, "names modules by a wrong pattern: " + e.getMessage(), e);
    }
    return config;
  }

  private PeftConfig.Exclusions exclusions() throws InvalidFileException {
    JsonNode excluded = json.path("exclude_modules");
    JsonNode pattern = json.path("layers_pattern");
    List<Integer> layers = layers();
    if (!layers.isEmpty() && json.path("target_modules").isTextual()) {
      throw invalid(
          "has layers_to_transform "
              + layers
              + " beside the pattern "
              + quote(json.path("target_modules").asText())
              + " as target_modules: PEFT takes them only beside a list");
    }
    List<String> patterns =
        pattern.isTextual() && !pattern.asText().isEmpty()
            ? List.of(pattern.asText())
            : names("layers_pattern");
    return new PeftConfig.Exclusions(
        names("exclude_modules"),
        excluded.isTextual() && !excluded.asText().isEmpty() ? excluded.asText() : null,
        layers,
        patterns);
  }

  private List<Integer> layers() throws InvalidFileException {
    JsonNode node = json.path("layers_to_transform");
    List<Integer> layers = new ArrayList<>();
    if (node.isNull() || node.isMissingNode()) {
      return layers;
    }
    for (JsonNode layer : node.isArray() ? node : List.of(node)) {
      if (!layer.isIntegralNumber() || !layer.canConvertToInt()) {
        throw invalid(
            "needs a whole number, or a list of them, under 'layers_to_transform', not "
                + shown(node));
      }
      layers.add(layer.asInt());
    }
    return layers;
  }

  private void requireUnderstood() throws InvalidFileException {
    for (Map.Entry<String, JsonNode> e : json.properties()) {
      boolean known = UNDERSTOOD.contains(e.getKey()) || UNSUPPORTED.contains(e.getKey());
      if (!known && !isOff(e.getValue())) {
        throw invalid(
            "has the field "
                + quote(e.getKey())
                + " with the value "
                + shown(e.getValue())
                + ", which is unknown and may change the numbers: only plain LoRA is supported");
      }
    }
  }

  /** The entries of a list; none if there is a pattern instead. */
  private List<String> names(String field) throws InvalidFileException {
    JsonNode node = json.path(field);
    List<String> names = new ArrayList<>();
    if (node.isArray()) {
      for (JsonNode name : node) {
        if (!name.isTextual()) {
          throw invalid("has an entry of " + field + " that is not a string: " + shown(name));
        }
        names.add(name.asText());
      }
    } else if (!node.isTextual() && !node.isNull() && !node.isMissingNode()) {
      throw invalid("has " + field + " that are neither a list nor a string: " + shown(node));
    }
    return names;
  }

  private Map<String, JsonNode> pattern(String field) throws InvalidFileException {
    JsonNode node = json.path(field);
    Map<String, JsonNode> entries = new LinkedHashMap<>();
    if (node.isNull() || node.isMissingNode()) {
      return entries;
    }
    if (!node.isObject()) {
      throw invalid("has a " + field + " that is not an object");
    }
    node.properties().forEach(e -> entries.put(e.getKey(), e.getValue()));
    return entries;
  }

  private <T> ModulePatterns<T> patterns(String field, Map<String, T> byPattern)
      throws InvalidFileException {
    try {
      return new ModulePatterns<>(byPattern);
    } catch (InvalidInputException e) {
      throw new InvalidFileException(file, "has a wrong " + field + ": " + e.getMessage(), e);
    }
  }

  private int rank(String what, JsonNode node) throws InvalidFileException {
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.asInt() < 1) {
      throw invalid("needs a whole number of at least 1 as " + what + ", not " + shown(node));
    }
    return node.asInt();
  }

  private double number(String what, JsonNode node) throws InvalidFileException {
    if (!node.isNumber() || !Double.isFinite(node.asDouble())) {
      throw invalid("needs a number as " + what + ", not " + shown(node));
    }
    return node.asDouble();
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "nothing" : quote(node.toString());
  }

  private static boolean isOff(JsonNode node) {
    return node.isMissingNode()
        || node.isNull()
        || (node.isBoolean() && !node.asBoolean())
        || (node.isContainerNode() && node.isEmpty());
  }

  private InvalidFileException invalid(String problem) {
    return new InvalidFileException(file, problem);
  }

  /** All keys in PEFT's order, which is alphabetical. */
  static ObjectNode toJson(PeftConfig config) {
    PeftConfig.Exclusions exclusions = config.exclusions();
    ObjectNode json = StrictJson.object();
    json.putNull("alora_invocation_tokens");
    ObjectNode alphas = json.putObject("alpha_pattern");
    config.alphaPattern().byPattern().forEach((key, alpha) -> putNumber(alphas, key, alpha));
    json.putNull("arrow_config");
    json.putObject("auto_mapping")
        .put("base_model_class", "SD3Transformer2DModel")
        .put("parent_library", "diffusers.models.transformers.transformer_sd3");
    json.put("base_model_name_or_path", config.baseModel());
    json.put("bias", "none");
    json.putNull("corda_config");
    json.put("ensure_weight_tying", false);
    json.putNull("eva_config");
    putNames(json, "exclude_modules", exclusions.pattern(), orNull(exclusions.modules()));
    json.put("fan_in_fan_out", false);
    json.put("inference_mode", true);
    json.put("init_lora_weights", "gaussian");
    json.putNull("kasa_config");
    json.putNull("layer_replication");
    putNames(json, "layers_pattern", null, orNull(exclusions.layerPatterns()));
    if (exclusions.layers().isEmpty()) {
      json.putNull("layers_to_transform");
    } else {
      exclusions.layers().forEach(json.putArray("layers_to_transform")::add);
    }
    json.putObject("loftq_config");
    putNumber(json, "lora_alpha", config.alpha());
    json.put("lora_bias", false);
    json.put("lora_dropout", config.dropout());
    json.putNull("lora_ga_config");
    json.putNull("megatron_config");
    json.put("megatron_core", "megatron.core");
    json.putNull("modules_to_save");
    json.putNull("monteclora_config");
    json.put("peft_type", "LORA");
    json.put("peft_version", "0.21.0");
    json.put("qalora_group_size", 16);
    json.put("r", config.rank());
    ObjectNode ranks = json.putObject("rank_pattern");
    config.rankPattern().byPattern().forEach(ranks::put);
    json.putNull("revision");
    putNames(json, "target_modules", config.targetPattern(), config.targetModules());
    json.putNull("target_parameters");
    json.putNull("task_type");
    json.putNull("trainable_token_indices");
    json.putNull("use_bdlora");
    json.put("use_dora", false);
    json.put("use_qalora", false);
    json.put("use_rslora", config.rankStabilized());
    json.putNull("velora_config");
    return json;
  }

  private static @Nullable List<String> orNull(List<String> names) {
    return names.isEmpty() ? null : names;
  }

  /** A pattern, or else a list, or else null. */
  private static void putNames(
      ObjectNode json, String key, @Nullable String pattern, @Nullable List<String> names) {
    if (pattern != null || names == null) {
      json.put(key, pattern);
    } else {
      names.forEach(json.putArray(key)::add);
    }
  }

  private static void putNumber(ObjectNode json, String key, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      json.put(key, (long) value);
    } else {
      json.put(key, value);
    }
  }
}
