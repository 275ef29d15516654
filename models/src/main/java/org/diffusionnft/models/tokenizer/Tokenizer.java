package org.diffusionnft.models.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Tokenizes like Hugging Face's fast tokenizers: added tokens are matched, and the rest is
 * normalised, split into pieces, and encoded by the model. Immutable.
 */
public final class Tokenizer {
  /** Runs of white space, which CLIP replaces by one space. */
  public static final Pattern SPACES = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

  /** CLIP's words: contractions, letters, single digits, runs of anything else. */
  public static final Pattern CLIP_WORDS =
      Pattern.compile(
          "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d"
              + "|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private static final int MARKS_NEEDED = 2;

  private final TokenModel model;
  private final AddedTokens added;
  private final List<AddedToken> addedTokens;
  private final PreTokenizer preTokenizer;
  private final Marks marks;

  /**
   * The ids added to every text.
   *
   * @param start the start id, if any
   * @param end the end id, which is kept when a text is truncated
   * @param padding the padding id
   */
  public record Marks(Optional<Integer> start, int end, int padding) {}

  /** Assembles a tokenizer from its parts. */
  public Tokenizer(
      TokenModel model,
      TextNormalizer normalizer,
      PreTokenizer preTokenizer,
      List<AddedToken> addedTokens,
      Marks marks) {
    this.model = model;
    this.addedTokens = List.copyOf(addedTokens);
    this.added = new AddedTokens(addedTokens, normalizer);
    this.preTokenizer = preTokenizer;
    this.marks = marks;
  }

  /** CLIP's normalisation: NFC, white space collapsed, lower case. */
  public static TextNormalizer clipNormalizer() {
    return new TextNormalizer.Sequence(
        List.of(
            new TextNormalizer.Nfc(),
            new TextNormalizer.Replace(SPACES, " "),
            new TextNormalizer.Lowercase()));
  }

  /** CLIP's splitting into pieces. */
  public static PreTokenizer clipPreTokenizer() {
    return new PreTokenizer.Sequence(
        List.of(new PreTokenizer.Matches(CLIP_WORDS), new PreTokenizer.ByteLevel()));
  }

  /**
   * BERT's uncased tokenizer.
   *
   * @param words the vocabulary
   * @param appended special tokens with the ids after it
   * @throws InvalidInputException if the vocabulary lacks BERT's own special tokens
   */
  public static Tokenizer bert(WordPiece words, List<String> appended) {
    List<AddedToken> special = new ArrayList<>();
    for (String token : WordPiece.SPECIAL) {
      special.add(AddedToken.special(token, words.require(token)));
    }
    for (int i = 0; i < appended.size(); i++) {
      special.add(AddedToken.special(appended.get(i), words.largestId() + 1 + i));
    }
    return new Tokenizer(
        words,
        new TextNormalizer.Bert(),
        new PreTokenizer.BertWords(),
        special,
        new Marks(
            Optional.of(words.require(WordPiece.START)),
            words.require(WordPiece.END),
            words.require(WordPiece.PADDING)));
  }

  /** T5's splitting into pieces. */
  public static PreTokenizer t5PreTokenizer() {
    return new PreTokenizer.Sequence(
        List.of(new PreTokenizer.WhitespaceSplit(), new PreTokenizer.Metaspace()));
  }

  /** The tokens that are matched in the text directly. */
  public List<AddedToken> addedTokens() {
    return addedTokens;
  }

  /** The largest id that encoding can produce. */
  public int largestId() {
    return addedTokens.stream().mapToInt(AddedToken::id).reduce(model.largestId(), Math::max);
  }

  /** The ids added to every text. */
  public Marks marks() {
    return marks;
  }

  /**
   * Encodes a text as exactly {@code length} ids. A longer text is truncated before the end id.
   *
   * @param text any text; unpaired surrogates count as U+FFFD
   * @throws IllegalArgumentException if the start and end ids do not fit
   */
  public Encoded encode(String text, int length) {
    if (length < MARKS_NEEDED) {
      throw new IllegalArgumentException(
          "a text needs room for at least " + MARKS_NEEDED + " ids, not " + length);
    }
    int[] inner = innerIds(text);
    int room = length - 1 - (marks.start().isPresent() ? 1 : 0);
    long[] ids = new long[length];
    Arrays.fill(ids, marks.padding());
    int at = 0;
    if (marks.start().isPresent()) {
      ids[at++] = marks.start().get();
    }
    for (int i = 0; i < Math.min(room, inner.length); i++) {
      ids[at++] = inner[i];
    }
    ids[at] = marks.end();
    int full = inner.length + length - room;
    String cut =
        inner.length > room
            ? decode(Arrays.stream(inner, room, inner.length).asLongStream().toArray())
            : "";
    return new Encoded(ids, full, cut);
  }

  /** Decodes ids to text, skipping special tokens and unknown ids. */
  public String decode(long[] ids) {
    List<String> tokens = new ArrayList<>();
    for (long id : ids) {
      if (!added.isSpecial((int) id)) {
        String token = model.token((int) id);
        tokens.add(token == null ? added.content((int) id) : token);
      }
    }
    return model.decode(tokens);
  }

  private int[] innerIds(String text) {
    List<Integer> ids = new ArrayList<>();
    for (AddedTokens.Section section : added.split(wellFormed(text))) {
      AddedToken token = section.token();
      if (token != null) {
        ids.add(token.id());
      } else {
        for (String piece : preTokenizer.split(section.text())) {
          model.encode(piece, ids::add);
        }
      }
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  private static String wellFormed(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> out.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c));
    return out.toString();
  }
}
