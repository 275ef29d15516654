package org.diffusionnft.weights.checkpoint;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * {@code model_index.json}: the library and class of every part of a pipeline. A part that is null
 * there does not exist for diffusers, whatever folders there are.
 *
 * @param missing the parts that are null in it
 */
record ModelIndex(Set<String> missing) {
  /** The folder of the noise schedule. */
  static final String SCHEDULER = "scheduler";

  /** The library and classes supported for a part. */
  private record Classes(String library, List<String> names) {}

  private static final Classes CLIP =
      new Classes("transformers", List.of("CLIPTextModelWithProjection"));
  private static final Classes CLIP_WORDS =
      new Classes("transformers", List.of("CLIPTokenizer", "CLIPTokenizerFast"));

  private static final SequencedMap<String, Classes> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put(SCHEDULER, new Classes("diffusers", List.of("FlowMatchEulerDiscreteScheduler")));
    PARTS.put("text_encoder", CLIP);
    PARTS.put("text_encoder_2", CLIP);
    PARTS.put("text_encoder_3", new Classes("transformers", List.of("T5EncoderModel")));
    PARTS.put("tokenizer", CLIP_WORDS);
    PARTS.put("tokenizer_2", CLIP_WORDS);
    PARTS.put(
        "tokenizer_3", new Classes("transformers", List.of("T5TokenizerFast", "T5Tokenizer")));
    PARTS.put("transformer", new Classes("diffusers", List.of("SD3Transformer2DModel")));
    PARTS.put("vae", new Classes("diffusers", List.of("AutoencoderKL")));
  }

  /** Parts that only process input images: without one they change nothing. */
  private static final Set<String> OF_PICTURES = Set.of("feature_extractor", "image_encoder");

  /** Keeps a copy of the set. */
  ModelIndex {
    missing = Set.copyOf(missing);
  }

  /**
   * Reads a folder's file, if it has one.
   *
   * @throws InvalidFileException if it is from another family, or a part's class is not supported
   */
  static ModelIndex of(Path folder) throws InvalidFileException {
    Path file = folder.resolve(ModelLayout.INDEX);
    if (!Files.exists(file)) {
      return new ModelIndex(Set.of());
    }
    ObjectNode json = StrictJson.readObject(file);
    String type = json.path("_class_name").asText();
    if (!type.startsWith("StableDiffusion3")) {
      throw new InvalidFileException(
          file, "is of a " + quote(type) + ", but only Stable Diffusion 3 is supported");
    }
    Set<String> missing = new HashSet<>();
    for (Map.Entry<String, JsonNode> e : json.properties()) {
      String part = e.getKey();
      if (isNothing(e.getValue())) {
        missing.add(part);
      } else if (!part.startsWith("_") && !OF_PICTURES.contains(part)) {
        requireKnown(file, part, e.getValue());
      }
    }
    return new ModelIndex(missing);
  }

  /** {@code [null, null]}, or any value that means off. */
  private static boolean isNothing(JsonNode value) {
    boolean allNull = value.isArray();
    for (JsonNode item : value) {
      allNull &= item.isNull();
    }
    return allNull || value.isNull() || (value.isBoolean() && !value.asBoolean());
  }

  private static void requireKnown(Path file, String part, JsonNode value)
      throws InvalidFileException {
    Classes known = PARTS.get(part);
    if (known == null) {
      throw new InvalidFileException(
          file,
          ("has the part %s with the value %s, which Stable Diffusion 3 has not and which may"
                  + " change the pictures")
              .formatted(quote(part), quote(value.toString())));
    }
    boolean fits =
        value.isArray()
            && value.size() == 2
            && value.path(0).asText().equals(known.library())
            && known.names().contains(value.path(1).asText());
    if (!fits) {
      throw new InvalidFileException(
          file,
          "says that %s is of %s, but only %s of %s is supported"
              .formatted(
                  quote(part),
                  quote(value.toString()),
                  String.join(" or ", known.names()),
                  known.library()));
    }
  }
}
