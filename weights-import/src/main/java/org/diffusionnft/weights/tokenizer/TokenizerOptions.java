package org.diffusionnft.weights.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;

/**
 * The options of {@code tokenizer_config.json} other than special tokens. None is implemented: an
 * option must have the value of the published tokenizers, or not affect ids, or is an error.
 */
final class TokenizerOptions {
  /** Options about provenance, decoding, and things that pipelines set in each call. */
  private static final Set<String> HARMLESS =
      Set.of(
          "backend",
          "chat_template",
          "clean_up_tokenization_spaces",
          "errors",
          "from_slow",
          "full_tokenizer_file",
          "is_local",
          "local_files_only",
          "max_length",
          "model_input_names",
          "name_or_path",
          "pad_to_multiple_of",
          "pad_token_type_id",
          "processor_class",
          "spaces_between_special_tokens",
          "special_tokens_map_file",
          "stride",
          "tokenizer_file",
          "trim_offsets",
          "truncation_strategy",
          "use_fast");

  private static final String LONGEST = "model_max_length";

  /** The length of CLIP's position embedding, to which pipelines pad and truncate. */
  private static final int CLIP_LENGTH = 77;

  /** What transformers treats as no limit. */
  private static final double NO_BOUND = 1e20;

  private static final Map<String, List<JsonNode>> OF_BOTH =
      Map.of(
          "padding_side", texts("right"),
          "truncation_side", texts("right"),
          "add_eos_token", List.of(BooleanNode.TRUE),
          "split_special_tokens", List.of(BooleanNode.FALSE));

  private static final Map<String, List<JsonNode>> OF_CLIP =
      Map.of(
          "add_bos_token", List.of(BooleanNode.TRUE),
          "add_prefix_space", List.of(BooleanNode.FALSE),
          "do_lower_case", List.of(BooleanNode.TRUE),
          "tokenizer_class", classes("CLIPTokenizer"));

  private static final Map<String, List<JsonNode>> OF_T5 =
      Map.of(
          "add_bos_token", List.of(BooleanNode.FALSE),
          "add_prefix_space", List.of(BooleanNode.TRUE),
          "tokenizer_class", classes("T5Tokenizer"),
          "unk_id", List.of(IntNode.valueOf(2)));

  /**
   * If off, only the first word would get T5's space symbol when the tokenizer is built from {@code
   * spiece.model}. It has no effect when {@code tokenizer.json} is read, which states the steps.
   */
  private static final String LEGACY = "legacy";

  /**
   * Options that make transformers read {@code spiece.model} although {@code tokenizer.json}
   * exists.
   */
  private static final List<String> REBUILT = List.of("from_slow", "add_prefix_space");

  private TokenizerOptions() {}

  /**
   * A class, its fast variant, and the name of both when everything is in {@code tokenizer.json}.
   */
  private static List<JsonNode> classes(String slow) {
    return texts(slow, slow + "Fast", "PreTrainedTokenizerFast", "TokenizersBackend");
  }

  private static List<JsonNode> texts(String... values) {
    return Arrays.stream(values).<JsonNode>map(TextNode::valueOf).toList();
  }

  /**
   * Checks a file.
   *
   * @param read options that are read elsewhere
   * @param isT5 whether it is for T5's tokenizer rather than CLIP's
   * @param isWhole whether the tokenizer is read from {@code tokenizer.json}
   * @throws InvalidFileException naming an option that would change ids, or is unknown
   */
  static void require(Path file, ObjectNode config, Set<String> read, boolean isT5, boolean isWhole)
      throws InvalidFileException {
    JsonFields fields = new JsonFields(file, config);
    requireValues(fields, OF_BOTH);
    requireValues(fields, isT5 ? OF_T5 : OF_CLIP);
    boolean rebuilt = REBUILT.stream().anyMatch(key -> config.path(key).asBoolean());
    if (isT5 && (rebuilt || !isWhole)) {
      requireValues(fields, Map.of(LEGACY, List.of(BooleanNode.TRUE)));
    }
    if (config.hasNonNull(LONGEST)) {
      requireLength(fields, isT5);
    }
    Set<String> understood =
        Stream.of(HARMLESS, read, Set.of(LONGEST), OF_BOTH.keySet(), keys(isT5))
            .flatMap(Set::stream)
            .collect(Collectors.toSet());
    fields.requireOff(understood, isT5 ? "of T5's tokenizer" : "of CLIP's tokenizer");
  }

  private static Set<String> keys(boolean isT5) {
    Set<String> keys = new HashSet<>((isT5 ? OF_T5 : OF_CLIP).keySet());
    if (isT5) {
      keys.add(LEGACY);
    }
    return keys;
  }

  private static void requireValues(JsonFields fields, Map<String, List<JsonNode>> known)
      throws InvalidFileException {
    for (Map.Entry<String, List<JsonNode>> e : known.entrySet()) {
      JsonNode value = fields.json().path(e.getKey());
      if (!value.isMissingNode() && !value.isNull() && !e.getValue().contains(value)) {
        List<String> supported = new ArrayList<>();
        e.getValue().forEach(v -> supported.add(v.toString()));
        throw fields.unsupported(e.getKey(), supported);
      }
    }
  }

  /** The length of T5's texts is set by the caller. */
  private static void requireLength(JsonFields fields, boolean isT5) throws InvalidFileException {
    double length = fields.number(LONGEST);
    if (!isT5 && length != CLIP_LENGTH && length < NO_BOUND) {
      throw fields.unsupported(LONGEST, List.of(Integer.toString(CLIP_LENGTH)));
    }
  }
}
