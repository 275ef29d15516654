package org.diffusionnft.models.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Text to ids as Hugging Face's fast tokenizers do it: added tokens are found, the rest is
 * normalised, cut into pieces, and encoded by the model. Immutable.
 */
public final class Tokenizer {
  /** White space runs, which CLIP makes one space. */
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
   * What every text gets.
   *
   * @param start the id in front, if any
   * @param end the id at the end, which stays when a text is cut
   * @param padding the id that fills up
   */
  public record Marks(Optional<Integer> start, int end, int padding) {}

  /** A tokenizer of its parts. */
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

  /** How CLIP normalises: composed, white space runs one space, lower case. */
  public static TextNormalizer clipNormalizer() {
    return new TextNormalizer.Sequence(
        List.of(
            new TextNormalizer.Nfc(),
            new TextNormalizer.Replace(SPACES, " "),
            new TextNormalizer.Lowercase()));
  }

  /** How CLIP cuts. */
  public static PreTokenizer clipPreTokenizer() {
    return new PreTokenizer.Sequence(
        List.of(new PreTokenizer.Matches(CLIP_WORDS), new PreTokenizer.ByteLevel()));
  }

  /**
   * BERT's uncased tokenizer.
   *
   * @param words the vocabulary
   * @param appended special tokens that stand behind it
   * @throws InvalidInputException if the vocabulary has not BERT's own special tokens
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

  /** How T5 cuts. */
  public static PreTokenizer t5PreTokenizer() {
    return new PreTokenizer.Sequence(
        List.of(new PreTokenizer.WhitespaceSplit(), new PreTokenizer.Metaspace()));
  }

  /** The tokens that are found in the text as it stands. */
  public List<AddedToken> addedTokens() {
    return addedTokens;
  }

  /** The largest id that a text can get. */
  public int largestId() {
    return addedTokens.stream().mapToInt(AddedToken::id).reduce(model.largestId(), Math::max);
  }

  /** What every text gets. */
  public Marks marks() {
    return marks;
  }

  /**
   * A text as exactly {@code length} ids. What is too long is cut before the end mark.
   *
   * @param text any; halves of surrogate pairs count as U+FFFD
   * @throws IllegalArgumentException if there is no room for the marks
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

  /** The text that ids stand for, special tokens and ids of nothing left out. */
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
