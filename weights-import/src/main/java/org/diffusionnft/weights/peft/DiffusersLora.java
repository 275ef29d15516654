package org.diffusionnft.weights.peft;

import static org.diffusionnft.weights.io.InvalidFileException.quote;
import static org.diffusionnft.weights.peft.LoraFactors.A;
import static org.diffusionnft.weights.peft.LoraFactors.B;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;

/**
 * LoRA adapters as diffusers' {@code save_lora_weights} writes and {@code load_lora_weights} reads
 * them: one file, {@code pytorch_lora_weights.safetensors}, with names like {@code
 * transformer.<module>.lora_A.weight}. Alpha is in the file's metadata, or in tensors {@code
 * transformer.<module>.alpha}; if it is missing it equals the rank, as in diffusers.
 */
public final class DiffusersLora {
  /** The file name that diffusers uses. */
  public static final String NAME = "pytorch_lora_weights.safetensors";

  private static final String METADATA = "lora_adapter_metadata";
  private static final String PREFIX = "transformer.";

  /** Metadata about these is ignored, because there are no tensors for them. */
  private static final String TEXT_ENCODER = "text_encoder";

  private DiffusersLora() {}

  /**
   * Reads diffusers' file.
   *
   * @throws InvalidFileException see {@link AdapterFile#read}
   */
  public static PeftAdapter read(Path path, Device device) throws InvalidFileException {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      LoraTensors read = LoraTensors.read(file, PREFIX, true, device);
      PeftConfig config = config(file, read.modules(), read.alphas());
      read.require(config);
      return new PeftAdapter(config, read.modules());
    }
  }

  private static PeftConfig config(
      SafetensorsFile file, Map<String, LoraFactors> modules, Map<String, Double> alphas)
      throws InvalidFileException {
    String metadata = file.metadata().get(METADATA);
    if (metadata == null) {
      return inferred(modules, alphas);
    }
    if (!alphas.isEmpty()) {
      throw new InvalidFileException(
          file.path(), "states alpha twice: in its metadata, and in tensors '*.alpha'");
    }
    return stated(file.path(), metadata, modules);
  }

  /** The PEFT configuration in the metadata, whose keys begin with the model's name. */
  private static PeftConfig stated(Path file, String metadata, Map<String, LoraFactors> modules)
      throws InvalidFileException {
    int rank = modules.values().iterator().next().rank();
    ObjectNode json = StrictJson.object();
    json.put("peft_type", "LORA");
    json.put("r", rank);
    json.put("lora_alpha", rank);
    for (Map.Entry<String, JsonNode> e :
        StrictJson.parseObject(file, METADATA, metadata).properties()) {
      if (e.getKey().startsWith(PREFIX)) {
        json.set(e.getKey().substring(PREFIX.length()), e.getValue());
      } else if (!e.getKey().startsWith(TEXT_ENCODER)) {
        throw new InvalidFileException(
            file,
            "has the key "
                + quote(e.getKey())
                + " in its "
                + METADATA
                + ", but names like '"
                + PREFIX
                + "lora_alpha' are expected");
      }
    }
    if (json.path("target_modules").isMissingNode()) {
      targets(modules.keySet()).forEach(json.putArray("target_modules")::add);
    }
    return PeftConfigFile.parse(file, json);
  }

  /**
   * The configuration inferred from tensors: alpha is the value of its tensor, or else the rank.
   */
  private static PeftConfig inferred(Map<String, LoraFactors> modules, Map<String, Double> alphas) {
    int rank = modules.values().iterator().next().rank();
    Map<String, Integer> ranks = new LinkedHashMap<>();
    Map<String, Double> alphaPattern = new LinkedHashMap<>();
    modules.forEach(
        (module, factors) -> {
          String pattern = module.replace(".", "\\.");
          if (factors.rank() != rank) {
            ranks.put(pattern, factors.rank());
          }
          double alpha = alphas.getOrDefault(module, (double) factors.rank());
          if (alpha != rank) {
            alphaPattern.put(pattern, alpha);
          }
        });
    return new PeftConfig(
        rank, rank, false, 0, targets(modules.keySet()), null, ranks, alphaPattern, null);
  }

  /** Suffixes of the modules' names: everything after the block's number. */
  private static List<String> targets(Set<String> modules) {
    Set<String> targets = new TreeSet<>();
    for (String module : modules) {
      targets.add(module.replaceFirst("^transformer_blocks\\.\\d+\\.", ""));
    }
    return new ArrayList<>(targets);
  }

  /**
   * Writes an adapter in diffusers' format.
   *
   * @throws OutputException if the file cannot be written
   */
  public static void write(Path file, PeftAdapter adapter) throws OutputException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    adapter
        .modules()
        .forEach(
            (module, factors) -> {
              tensors.put(PREFIX + module + A, factors.a());
              tensors.put(PREFIX + module + B, factors.b());
            });
    ObjectNode metadata = StrictJson.object();
    for (Map.Entry<String, JsonNode> e : PeftConfigFile.toJson(adapter.config()).properties()) {
      metadata.set(PREFIX + e.getKey(), e.getValue());
    }
    Map<String, String> all = new LinkedHashMap<>(SafetensorsWriter.PYTORCH);
    all.put(METADATA, metadata.toString());
    SafetensorsWriter.write(file, tensors, all);
  }
}
