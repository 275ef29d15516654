package org.diffusionnft.weights.tokenizer;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.diffusionnft.models.tokenizer.AddedToken;
import org.diffusionnft.models.tokenizer.BytePairs;
import org.diffusionnft.models.tokenizer.Charsmap;
import org.diffusionnft.models.tokenizer.PreTokenizer;
import org.diffusionnft.models.tokenizer.TextNormalizer;
import org.diffusionnft.models.tokenizer.TokenModel;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.models.tokenizer.Tokenizer.Marks;
import org.diffusionnft.models.tokenizer.Unigram;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * A tokenizer folder written by transformers: {@code tokenizer.json}, or the files it replaces
 * ({@code vocab.json} with {@code merges.txt}, or {@code spiece.model}), and the special tokens.
 */
public final class TokenizerFolder {
  private static final String START = "<|startoftext|>";
  private static final String END = "<|endoftext|>";

  private TokenizerFolder() {}

  /** The steps of a tokenizer, from whichever file. */
  record Pipeline(
      TokenModel model,
      TextNormalizer normalizer,
      PreTokenizer preTokenizer,
      List<AddedToken> added,
      Optional<String> start,
      String end) {}

  /** The files that may contain a vocabulary, the preferred first. */
  public enum Form {
    /** Everything in one file, as saved by fast tokenizers. */
    JSON("tokenizer.json"),
    /** With {@code merges.txt}: CLIP's. */
    BYTE_PAIRS("vocab.json"),
    /** A SentencePiece model: T5's. */
    SENTENCE_PIECE("spiece.model");

    private final String file;

    Form(String file) {
      this.file = file;
    }

    /** The name of the file. */
    public String file() {
      return file;
    }
  }

  /**
   * The forms in which a folder holds its tokenizer, the preferred first.
   *
   * @throws InvalidFileException if there is none
   */
  public static List<Form> forms(Path folder) throws InvalidFileException {
    if (!Files.isDirectory(folder)) {
      throw new InvalidFileException(folder, "no such folder");
    }
    List<Form> forms =
        Arrays.stream(Form.values()).filter(f -> Files.exists(folder.resolve(f.file()))).toList();
    if (forms.isEmpty()) {
      throw new InvalidFileException(
          folder, "holds no tokenizer: no tokenizer.json, vocab.json or spiece.model");
    }
    return forms;
  }

  /**
   * Opens the tokenizer of a folder.
   *
   * @throws InvalidFileException if there is none, or it is damaged or of a kind other than CLIP's
   *     and T5's
   */
  public static Tokenizer open(Path folder) throws InvalidFileException {
    return open(folder, forms(folder).getFirst());
  }

  /**
   * Opens the tokenizer of a text encoder's model.
   *
   * @param vocabulary number of tokens of the encoder
   * @param said where that is stated, for the message: {@code vocab_size in a/config.json}
   * @throws InvalidFileException also if it has tokens that the encoder lacks
   */
  public static Tokenizer open(Path folder, int vocabulary, String said)
      throws InvalidFileException {
    Form form = forms(folder).getFirst();
    Tokenizer tokenizer = open(folder, form);
    if (tokenizer.largestId() >= vocabulary) {
      throw new InvalidFileException(
          folder.resolve(form.file()),
          "has tokens up to id %d, but %s is %d, so %d is the last that the text encoder has: take"
                  .formatted(tokenizer.largestId(), said, vocabulary, vocabulary - 1)
              + " tokenizer and text encoder from one model");
    }
    return tokenizer;
  }

  /**
   * Opens the tokenizer of a folder from one of its files.
   *
   * @throws InvalidFileException see {@link #open(Path)}
   */
  public static Tokenizer open(Path folder, Form form) throws InvalidFileException {
    SpecialTokens special = SpecialTokens.read(folder);
    Pipeline pipeline =
        switch (form) {
          case JSON -> TokenizerJson.read(folder.resolve(form.file()));
          case BYTE_PAIRS -> bytePairs(folder, special);
          case SENTENCE_PIECE -> sentencePieces(folder.resolve(form.file()), special);
        };
    return assemble(folder, form, pipeline, special);
  }

  private static Tokenizer assemble(
      Path folder, Form form, Pipeline pipeline, SpecialTokens special)
      throws InvalidFileException {
    TokenModel model = pipeline.model();
    Map<String, Integer> ids = new HashMap<>();
    pipeline.added().forEach(t -> ids.put(t.content(), t.id()));
    List<AddedToken> added =
        special.over(
            pipeline.added(),
            token -> {
              Integer id = model.id(token);
              return id == null ? ids.get(token) : id;
            });
    added.forEach(t -> ids.put(t.content(), t.id()));
    requireDescribed(folder.resolve("added_tokens.json"), added);
    boolean isT5 = model instanceof Unigram;
    special.requireOptions(isT5, form == Form.JSON);
    int padding = id(folder, ids, model, special.content("pad_token", isT5 ? "<pad>" : END));
    int end = id(folder, ids, model, pipeline.end());
    Optional<Integer> start = Optional.empty();
    if (pipeline.start().isPresent()) {
      start = Optional.of(id(folder, ids, model, pipeline.start().get()));
    }
    return new Tokenizer(
        model,
        pipeline.normalizer(),
        pipeline.preTokenizer(),
        added,
        new Marks(start, end, padding));
  }

  /**
   * Older folders list their added tokens a second time. Tokens listed only there would be matched
   * in the text by some versions of transformers and not by others.
   */
  private static void requireDescribed(Path file, List<AddedToken> added)
      throws InvalidFileException {
    if (!Files.exists(file)) {
      return;
    }
    Map<String, String> ids = new HashMap<>();
    added.forEach(t -> ids.put(t.content(), Integer.toString(t.id())));
    for (Map.Entry<String, JsonNode> e : StrictJson.readObject(file).properties()) {
      if (!e.getValue().toString().equals(ids.get(e.getKey()))) {
        throw new InvalidFileException(
            file,
            ("adds the token %s with the id %s, which is no such special token of"
                    + " tokenizer_config.json: describe it there, or take it out")
                .formatted(quote(e.getKey()), quote(e.getValue().toString())));
      }
    }
  }

  private static int id(Path folder, Map<String, Integer> ids, TokenModel model, String token)
      throws InvalidFileException {
    Integer id = ids.containsKey(token) ? ids.get(token) : model.id(token);
    if (id == null) {
      throw new InvalidFileException(folder, "has no token " + quote(token) + " in its vocabulary");
    }
    return id;
  }

  private static Pipeline bytePairs(Path folder, SpecialTokens special)
      throws InvalidFileException {
    Path file = folder.resolve("vocab.json");
    Map<String, Integer> vocabulary = vocabulary(file, StrictJson.readObject(file), 0);
    Path merges = folder.resolve("merges.txt");
    try {
      return new Pipeline(
          new BytePairs(vocabulary, MergesFile.read(merges), special.content("unk_token", END)),
          Tokenizer.clipNormalizer(),
          Tokenizer.clipPreTokenizer(),
          List.of(),
          Optional.of(special.content("bos_token", START)),
          special.content("eos_token", END));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(merges, InvalidFileException.oneLine("" + e.getMessage()), e);
    }
  }

  /**
   * A vocabulary from an object of ids, which have no gaps except those filled by other tokens.
   *
   * @param others number of tokens whose ids are elsewhere
   */
  static Map<String, Integer> vocabulary(Path file, JsonNode json, int others)
      throws InvalidFileException {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    int size = json.size() + others;
    for (Map.Entry<String, JsonNode> e : json.properties()) {
      JsonNode id = e.getValue();
      if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0) {
        throw new InvalidFileException(
            file, "gives token " + quote(e.getKey()) + " the impossible id " + quote("" + id));
      }
      if (id.asInt() >= size) {
        throw new InvalidFileException(
            file,
            "gives token %s the id %s, but has only %d tokens"
                .formatted(quote(e.getKey()), id, size));
      }
      vocabulary.put(e.getKey(), id.asInt());
    }
    return vocabulary;
  }

  private static Pipeline sentencePieces(Path file, SpecialTokens special)
      throws InvalidFileException {
    SentencePieceFile model = SentencePieceFile.read(file);
    List<Unigram.Piece> pieces = new ArrayList<>(model.pieces());
    for (int i = special.extraIds() - 1; i >= 0; i--) {
      pieces.add(new Unigram.Piece("<extra_id_" + i + ">", 0));
    }
    try {
      Unigram unigram = new Unigram(pieces, model.unknown());
      List<AddedToken> added = new ArrayList<>();
      for (String token : List.of("</s>", "<unk>", "<pad>")) {
        Integer id = unigram.id(token);
        if (id != null) {
          added.add(AddedToken.special(token, id));
        }
      }
      for (int id = model.pieces().size(); id < pieces.size(); id++) {
        added.add(AddedToken.special(pieces.get(id).text(), id));
      }
      TextNormalizer normalizer =
          model.charsmap().length == 0
              ? new TextNormalizer.Sequence(List.of())
              : new TextNormalizer.Mapped(Charsmap.parse(model.charsmap()));
      return new Pipeline(
          unigram,
          normalizer,
          Tokenizer.t5PreTokenizer(),
          added,
          Optional.empty(),
          special.content("eos_token", "</s>"));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, InvalidFileException.oneLine("" + e.getMessage()), e);
    }
  }
}
