package org.diffusionnft.weights.tokenizer;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.diffusionnft.models.tokenizer.AddedToken;
import org.diffusionnft.models.tokenizer.BytePairs;
import org.diffusionnft.models.tokenizer.Charsmap;
import org.diffusionnft.models.tokenizer.PreTokenizer;
import org.diffusionnft.models.tokenizer.TextNormalizer;
import org.diffusionnft.models.tokenizer.TokenModel;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.models.tokenizer.Unigram;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * A {@code tokenizer.json} of Hugging Face's tokenizers, limited to what CLIP and T5 use. Anything
 * else in it is an error, because a nearly correct tokenizer would go unnoticed.
 */
final class TokenizerJson {
  /** The patterns in CLIP's and T5's files, in the file's syntax. */
  private static final Map<String, Pattern> PATTERNS =
      Map.of(
          "\\s+",
          Tokenizer.SPACES,
          " {2,}",
          Pattern.compile(" {2,}"),
          Tokenizer.CLIP_WORDS.pattern(),
          Tokenizer.CLIP_WORDS,
          "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
          Tokenizer.CLIP_WORDS);

  private final Path file;
  private final JsonNode root;

  /** The steps seen so far that can make a text longer. */
  private final Set<String> growing = new HashSet<>();

  private TokenizerJson(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Reads a file.
   *
   * @throws InvalidFileException if it is damaged or has a part that neither CLIP nor T5 uses
   */
  static TokenizerFolder.Pipeline read(Path file) throws InvalidFileException {
    TokenizerJson json = new TokenizerJson(file, StrictJson.readObject(file));
    try {
      return json.pipeline();
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, InvalidFileException.oneLine("" + e.getMessage()), e);
    }
  }

  private TokenizerFolder.Pipeline pipeline() throws InvalidFileException {
    requireRightSide("padding");
    requireRightSide("truncation");
    TokenModel model = model(root.path("model"));
    List<AddedToken> added = added(model);
    Map<String, Integer> ids = new HashMap<>();
    added.forEach(t -> ids.put(t.content(), t.id()));
    Marks marks = marks(root.path("post_processor"));
    for (Mark mark : marks.all()) {
      Integer id = model.id(mark.token());
      requireId(mark, id == null ? ids.get(mark.token()) : id);
    }
    return new TokenizerFolder.Pipeline(
        model,
        normalizer(root.path("normalizer")),
        preTokenizer(root.path("pre_tokenizer")),
        added,
        marks.start().map(Mark::token),
        marks.end().token());
  }

  /**
   * A token added to every text.
   *
   * @param id the id that the file gives for it
   */
  private record Mark(String token, JsonNode id) {}

  private record Marks(Optional<Mark> start, Mark end) {
    List<Mark> all() {
      return Stream.concat(start.stream(), Stream.of(end)).toList();
    }
  }

  private Marks marks(JsonNode post) throws InvalidFileException {
    return switch (type(post, "a post_processor")) {
      case "RobertaProcessing", "BertProcessing" ->
          new Marks(Optional.of(pair(post.path("cls"), "first")), pair(post.path("sep"), "last"));
      case "TemplateProcessing" -> template(post);
      default -> throw unsupported("the post_processor " + quote(post.path("type").asText()));
    };
  }

  private Mark pair(JsonNode pair, String place) throws InvalidFileException {
    return new Mark(text(pair.path(0), "the " + place + " token of post_processor"), pair.path(1));
  }

  private Marks template(JsonNode post) throws InvalidFileException {
    List<Mark> marks = new ArrayList<>();
    int sequence = -1;
    for (JsonNode part : post.path("single")) {
      if (part.has("Sequence")) {
        sequence = marks.size();
      } else {
        String token = text(part.path("SpecialToken").path("id"), "a token of post_processor");
        JsonNode ids = post.path("special_tokens").path(token).path("ids");
        // A list of one id counts as that id; a longer one is not an id and is rejected.
        marks.add(new Mark(token, ids.size() == 1 ? ids.path(0) : ids));
      }
    }
    if (sequence < 0 || sequence > 1 || marks.size() != sequence + 1) {
      throw unsupported(
          "a post_processor with the tokens "
              + quote(marks.stream().map(Mark::token).toList() + ""));
    }
    return new Marks(
        sequence == 1 ? Optional.of(marks.getFirst()) : Optional.empty(), marks.getLast());
  }

  /** A token missing from the vocabulary is reported where its id is needed. */
  private void requireId(Mark mark, @Nullable Integer id) throws InvalidFileException {
    JsonNode stated = mark.id();
    boolean fits = stated.isIntegralNumber() && stated.canConvertToInt();
    if (!stated.isMissingNode() && id != null && !(fits && stated.asInt() == id)) {
      throw invalid(
          "says in its post_processor that token %s has the id %s, but its vocabulary says %d"
              .formatted(quote(mark.token()), quote(stated.toString()), id));
    }
  }

  /** The caller sets the length for padding and truncation, but not the side. */
  private void requireRightSide(String what) throws InvalidFileException {
    JsonNode json = root.path(what);
    boolean off = json.isNull() || json.isMissingNode();
    if (!off && !(json.isObject() && json.path("direction").asText("Right").equals("Right"))) {
      throw unsupported(what + " " + quote(json.toString()) + " on another side than the right");
    }
  }

  /**
   * The tokenizers library uses the vocabulary's ids, or else the next free ones, whatever is
   * stated here.
   */
  private List<AddedToken> added(TokenModel model) throws InvalidFileException {
    List<AddedToken> tokens = new ArrayList<>();
    JsonNode list = root.path("added_tokens");
    if (!list.isArray() && !list.isNull() && !list.isMissingNode()) {
      throw invalid("needs a list as added_tokens, not " + quote(list.toString()));
    }
    int words = root.path("model").path("vocab").size();
    int next = words;
    for (JsonNode node : list) {
      JsonNode id = node.path("id");
      boolean whole = id.isIntegralNumber() && id.canConvertToInt();
      if (!whole || id.asInt() < 0 || id.asInt() >= words + list.size()) {
        throw invalid("has an added token with the impossible id " + quote(id.toString()));
      }
      String content = text(node.path("content"), "the text of an added token");
      Integer known = model.id(content);
      int expected = known == null ? next : known;
      if (id.asInt() != expected) {
        throw invalid(
            "gives the added token %s the id %s, but %s %d"
                .formatted(
                    quote(content),
                    id,
                    known == null ? "the next that is free is" : "its vocabulary says that it is",
                    expected));
      }
      next = Math.max(next, expected + 1);
      tokens.add(SpecialTokens.flags(file, node, content, id.asInt()));
    }
    return tokens;
  }

  private TokenModel model(JsonNode json) throws InvalidFileException {
    return switch (type(json, "a model")) {
      case "BPE" -> {
        requireOff(json, "dropout", "fuse_unk", "byte_fallback", "ignore_merges");
        requireOff(json, "continuing_subword_prefix");
        if (!json.path("end_of_word_suffix").asText().equals("</w>")) {
          throw unsupported("a byte-pair model whose words do not end in '</w>'");
        }
        yield new BytePairs(
            TokenizerFolder.vocabulary(file, json.path("vocab"), root.path("added_tokens").size()),
            merges(list(json, "merges")),
            text(json.path("unk_token"), "the unknown token"));
      }
      case "Unigram" -> {
        requireOff(json, "byte_fallback");
        List<Unigram.Piece> pieces = new ArrayList<>();
        for (JsonNode piece : list(json, "vocab")) {
          if (!piece.path(0).isTextual() || !piece.path(1).isNumber()) {
            throw invalid(
                "has the vocabulary entry " + quote("" + piece) + ", not a text and a score");
          }
          pieces.add(new Unigram.Piece(piece.path(0).asText(), piece.path(1).asDouble()));
        }
        yield new Unigram(pieces, fields(json).integer("unk_id"));
      }
      default -> throw unsupported("the model " + quote(json.path("type").asText()));
    };
  }

  private List<BytePairs.Pair> merges(JsonNode json) throws InvalidFileException {
    List<BytePairs.Pair> pairs = new ArrayList<>();
    for (JsonNode merge : json) {
      String where = "merge " + (pairs.size() + 1);
      if (merge.isArray() && merge.size() == 2) {
        pairs.add(new BytePairs.Pair(text(merge.get(0), where), text(merge.get(1), where)));
      } else {
        pairs.add(MergesFile.pair(file, where, text(merge, where)));
      }
    }
    return pairs;
  }

  private TextNormalizer normalizer(JsonNode json) throws InvalidFileException {
    if (json.isNull() || json.isMissingNode()) {
      return new TextNormalizer.Sequence(List.of());
    }
    return switch (type(json, "a normalizer")) {
      case "Sequence" -> {
        List<TextNormalizer> steps = new ArrayList<>();
        for (JsonNode step : json.path("normalizers")) {
          steps.add(normalizer(step));
        }
        yield new TextNormalizer.Sequence(steps);
      }
      case "NFC" -> new TextNormalizer.Nfc();
      case "Lowercase" -> new TextNormalizer.Lowercase();
      case "Strip" ->
          new TextNormalizer.Strip(
              fields(json).flag("strip_left", false), fields(json).flag("strip_right", false));
      case "Replace" -> replace(json);
      case "Precompiled" -> {
        requireFirst("Precompiled");
        yield new TextNormalizer.Mapped(
            Charsmap.parse(
                Base64.getDecoder()
                    .decode(text(json.path("precompiled_charsmap"), "a character map"))));
      }
      default -> throw unsupported("the normalizer " + quote(json.path("type").asText()));
    };
  }

  /**
   * Replacements are never longer than the match: otherwise a few steps could grow a text without
   * limit.
   */
  private TextNormalizer replace(JsonNode json) throws InvalidFileException {
    JsonNode content = json.path("content");
    if (!content.isTextual()) {
      throw invalid("needs a text as the content of a Replace, not " + quote(content.toString()));
    }
    JsonNode pattern = json.path("pattern");
    int shortest = Math.max(1, pattern.path("String").asText().length());
    if (content.asText().length() > shortest) {
      throw unsupported(
          "a Replace of %s by the longer %s"
              .formatted(quote(pattern.toString()), quote(content.asText())));
    }
    return new TextNormalizer.Replace(pattern(pattern), content.asText());
  }

  private PreTokenizer preTokenizer(JsonNode json) throws InvalidFileException {
    return switch (type(json, "a pre_tokenizer")) {
      case "Sequence" -> {
        List<PreTokenizer> steps = new ArrayList<>();
        for (JsonNode step : json.path("pretokenizers")) {
          steps.add(preTokenizer(step));
        }
        yield new PreTokenizer.Sequence(steps);
      }
      case "Split" -> {
        if (!json.path("behavior").asText().equals("Removed")
            || !fields(json).flag("invert", false)) {
          throw unsupported("a Split that does not keep exactly its matches");
        }
        yield new PreTokenizer.Matches(pattern(json.path("pattern")));
      }
      case "ByteLevel" -> {
        requireFirst("ByteLevel");
        requireOff(json, "add_prefix_space");
        if (!fields(json).flag("use_regex", true)) {
          throw unsupported("a ByteLevel without its pattern");
        }
        yield new PreTokenizer.ByteLevel();
      }
      case "WhitespaceSplit" -> new PreTokenizer.WhitespaceSplit();
      case "Metaspace" -> {
        requireFirst("Metaspace");
        boolean always =
            json.has("prepend_scheme")
                ? json.path("prepend_scheme").asText().equals("always")
                : fields(json).flag("add_prefix_space", false);
        boolean sign = json.path("replacement").asText().equals("\u2581");
        if (!always || !sign || !fields(json).flag("split", true)) {
          throw unsupported("a Metaspace other than T5's");
        }
        yield new PreTokenizer.Metaspace();
      }
      default -> throw unsupported("the pre_tokenizer " + quote(json.path("type").asText()));
    };
  }

  /**
   * A step that makes a text longer may occur only once: repeated, it could grow a text without
   * limit.
   */
  private void requireFirst(String step) throws InvalidFileException {
    if (!growing.add(step)) {
      throw unsupported("the step " + quote(step) + " twice");
    }
  }

  private Pattern pattern(JsonNode json) throws InvalidFileException {
    String literal = json.has("String") ? text(json.path("String"), "a pattern") : "";
    if (!literal.isEmpty()) {
      return Pattern.compile(Pattern.quote(literal));
    }
    String regex = text(json.path("Regex"), "a pattern");
    Pattern known = PATTERNS.get(regex);
    if (known == null) {
      throw unsupported("the pattern " + quote(regex));
    }
    return known;
  }

  private void requireOff(JsonNode json, String... options) throws InvalidFileException {
    for (String option : options) {
      JsonNode value = json.path(option);
      boolean off =
          value.isMissingNode()
              || value.isNull()
              || (value.isBoolean() && !value.asBoolean())
              || (value.isTextual() && value.asText().isEmpty());
      if (!off) {
        throw unsupported(option + " " + quote(value.toString()));
      }
    }
  }

  private JsonFields fields(JsonNode json) {
    return new JsonFields(file, json);
  }

  private JsonNode list(JsonNode json, String key) throws InvalidFileException {
    JsonNode list = json.path(key);
    if (!list.isArray()) {
      throw invalid(
          "needs a list as "
              + key
              + ", not "
              + (list.isMissingNode() ? "nothing" : quote(list.toString())));
    }
    return list;
  }

  private String type(JsonNode json, String what) throws InvalidFileException {
    return text(json.path("type"), "the type of " + what);
  }

  private String text(JsonNode json, String what) throws InvalidFileException {
    if (!json.isTextual() || json.asText().isEmpty()) {
      throw invalid(
          "needs a text as "
              + what
              + ", not "
              + (json.isMissingNode() ? "nothing" : quote(json.toString())));
    }
    return json.asText();
  }

  private InvalidFileException unsupported(String what) {
    return invalid("has " + what + ", which neither CLIP's nor T5's tokenizer has");
  }

  private InvalidFileException invalid(String problem) {
    return new InvalidFileException(file, problem);
  }
}
