package org.diffusionnft.weights.tokenizer;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.diffusionnft.models.tokenizer.AddedToken;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens of a tokenizer's folder are special: {@code tokenizer_config.json} and, in older
 * folders, {@code special_tokens_map.json}. As in transformers: a token given as an object has the
 * properties stated there; one given as a plain string has those of {@code added_tokens_decoder},
 * or else is matched in the text before normalisation; the last definition wins.
 */
final class SpecialTokens {
  private static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");
  private static final List<String> LISTS =
      List.of("additional_special_tokens", "extra_special_tokens");

  /** T5 has 100, related models up to 300. */
  private static final int MOST_EXTRA_IDS = 1000;

  private static final String DECODER = "added_tokens_decoder";
  private static final String EXTRA_IDS = "extra_ids";

  /** The keys that are read here. */
  private static final Set<String> READ =
      Stream.of(ROLES, LISTS, List.of(DECODER, EXTRA_IDS))
          .flatMap(List::stream)
          .collect(Collectors.toSet());

  private final Path file;
  private final ObjectNode config;
  private final Map<String, JsonNode> roles = new LinkedHashMap<>();
  private final List<JsonNode> others = new ArrayList<>();
  private final @Nullable JsonNode decoder;
  private final @Nullable JsonNode extraIds;

  private SpecialTokens(Path file, ObjectNode config) throws InvalidFileException {
    this.file = file;
    this.config = config;
    take(file, config);
    JsonNode described = config.path(DECODER);
    if (config.hasNonNull(DECODER) && !described.isObject()) {
      throw new InvalidFileException(
          file, "needs an object as " + DECODER + ", not " + quote(described.toString()));
    }
    this.decoder = described.isObject() ? described : null;
    this.extraIds = config.get(EXTRA_IDS);
  }

  private void take(Path from, ObjectNode json) throws InvalidFileException {
    for (String role : ROLES) {
      if (json.hasNonNull(role)) {
        JsonNode token = json.path(role);
        content(from, role, token);
        roles.put(role, token);
      }
    }
    for (String list : LISTS) {
      JsonNode tokens = json.path(list);
      if (json.hasNonNull(list) && !tokens.isArray() && !tokens.isEmpty()) {
        throw new InvalidFileException(
            from, "needs a list of tokens as " + list + ", not " + quote(tokens.toString()));
      }
      for (JsonNode token : tokens) {
        content(from, list, token);
        others.add(token);
      }
    }
  }

  /**
   * Reads a folder's special tokens; both files are optional.
   *
   * @throws InvalidFileException if one is not a JSON object
   */
  static SpecialTokens read(Path folder) throws InvalidFileException {
    Path config = folder.resolve("tokenizer_config.json");
    Path map = folder.resolve("special_tokens_map.json");
    SpecialTokens tokens =
        new SpecialTokens(
            config, Files.exists(config) ? StrictJson.readObject(config) : StrictJson.object());
    if (tokens.decoder == null && Files.exists(map)) {
      ObjectNode json = StrictJson.readObject(map);
      tokens.take(map, json);
      new JsonFields(map, json).requireOff(READ, "of a tokenizer");
    }
    return tokens;
  }

  /**
   * Checks that the configuration contains nothing else that could change ids.
   *
   * @param isT5 whether it is for T5's tokenizer rather than CLIP's
   * @throws InvalidFileException naming the option
   */
  void requireOptions(boolean isT5, boolean isWhole) throws InvalidFileException {
    TokenizerOptions.require(file, config, READ, isT5, isWhole);
  }

  /** The text of the token with a role such as {@code pad_token}, or a default. */
  String content(String role, String orElse) throws InvalidFileException {
    JsonNode token = roles.get(role);
    return token == null ? orElse : content(file, role, token);
  }

  /**
   * Number of sentinel tokens that a T5 vocabulary has beyond its SentencePiece model.
   *
   * @throws InvalidFileException if the number is invalid
   */
  int extraIds() throws InvalidFileException {
    if (extraIds == null || extraIds.isNull()) {
      return 100;
    }
    if (!extraIds.isIntegralNumber()
        || !extraIds.canConvertToInt()
        || extraIds.asInt() < 0
        || extraIds.asInt() > MOST_EXTRA_IDS) {
      throw new InvalidFileException(
          file,
          "needs a whole number up to "
              + MOST_EXTRA_IDS
              + " under 'extra_ids', not "
              + quote("" + extraIds));
    }
    return extraIds.asInt();
  }

  /**
   * All special tokens, overriding those that the tokenizer itself has added.
   *
   * @param own the added tokens of {@code tokenizer.json}
   * @param ids the id of a token in the vocabulary, or null
   * @throws InvalidFileException if a token is malformed or not in the vocabulary
   */
  List<AddedToken> over(List<AddedToken> own, Function<String, @Nullable Integer> ids)
      throws InvalidFileException {
    Map<String, AddedToken> tokens = new LinkedHashMap<>();
    own.forEach(t -> tokens.put(t.content(), t));
    if (decoder != null) {
      for (Map.Entry<String, JsonNode> e : decoder.properties()) {
        AddedToken token = fromObject(e.getValue(), ids);
        if (!e.getKey().equals(Integer.toString(token.id()))) {
          throw new InvalidFileException(
              file,
              "says that token "
                  + quote(token.content())
                  + " has id "
                  + quote(e.getKey())
                  + ", but the vocabulary says "
                  + token.id());
        }
        tokens.put(token.content(), token);
      }
    }
    Map<String, AddedToken> described = Map.copyOf(tokens);
    for (JsonNode node : concat()) {
      String content = content(file, "a special token", node);
      AddedToken token = described.get(content);
      if (node.isObject()) {
        token = fromObject(node, ids);
      } else if (token == null) {
        token = AddedToken.special(content, id(content, ids));
      }
      tokens.put(content, token);
    }
    return List.copyOf(tokens.values());
  }

  private List<JsonNode> concat() {
    List<JsonNode> all = new ArrayList<>();
    ROLES.stream().filter(roles::containsKey).forEach(role -> all.add(roles.get(role)));
    all.addAll(others);
    return all;
  }

  private AddedToken fromObject(JsonNode node, Function<String, @Nullable Integer> ids)
      throws InvalidFileException {
    String content = content(file, "a special token", node);
    return flags(file, node, content, id(content, ids));
  }

  /**
   * The token with the properties that an object states.
   *
   * @throws InvalidFileException if one is not a boolean
   */
  static AddedToken flags(Path file, JsonNode node, String content, int id)
      throws InvalidFileException {
    JsonFields fields = new JsonFields(file, node);
    return new AddedToken(
        content,
        id,
        fields.flag("normalized", false),
        fields.flag("single_word", false),
        fields.flag("lstrip", false),
        fields.flag("rstrip", false),
        fields.flag("special", true));
  }

  private static String content(Path file, String what, JsonNode token)
      throws InvalidFileException {
    JsonNode content = token.isObject() ? token.path("content") : token;
    if (!content.isTextual() || content.asText().isEmpty()) {
      throw new InvalidFileException(
          file, "needs a token's text as " + what + ", not " + quote(token.toString()));
    }
    return content.asText();
  }

  private int id(String content, Function<String, @Nullable Integer> ids)
      throws InvalidFileException {
    Integer id = ids.apply(content);
    if (id == null) {
      throw new InvalidFileException(
          file, "names the special token " + quote(content) + ", which the vocabulary lacks");
    }
    return id;
  }
}
