package org.diffusionnft.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.diffusionnft.models.text.RelativePositions;
import org.junit.jupiter.api.Test;

/** The parts of tokenizers that the golden texts hardly touch. */
class TokenizerTest {
  private static final List<Unigram.Piece> PIECES =
      List.of(
          new Unigram.Piece("<pad>", 0),
          new Unigram.Piece("</s>", 0),
          new Unigram.Piece("<unk>", 0),
          new Unigram.Piece("\u2581", -3),
          new Unigram.Piece("a", -2),
          new Unigram.Piece("b", -2),
          new Unigram.Piece("ab", -4),
          new Unigram.Piece("\u2581ab", -6.5));

  @Test
  void theBestPathWinsAndTheFirstOfEquals() {
    Unigram model = new Unigram(PIECES, 2);
    assertEquals(List.of(7), ids(model, "\u2581ab"));
    assertEquals(List.of(6), ids(model, "ab"));
    assertEquals(List.of(4, 6, 5), ids(model, "aabb"));
  }

  /**
   * What tokenizers 0.23.2 makes of marks that came after Unicode 9, which today's Unicode would
   * put in another order, and of one that it would join.
   */
  @Test
  void composingLeavesLaterMarksAlone() {
    TextNormalizer nfc = new TextNormalizer.Nfc();
    for (String text :
        List.of(
            "\u0e81\u0ec8\u0eba",
            "x\u1df8\u07f2",
            "\u06e7\u1df8",
            "\u0b95\u0bcd\u0d3b\u0749",
            "\ud806\udd35\ud806\udd30")) {
      assertEquals(text, nfc.apply(text));
    }
    assertEquals("\u00e9\u1df8\u00e9", nfc.apply("e\u0301\u1df8e\u0301"));
    assertEquals("x\u0334\u0323", nfc.apply("x\u0323\u0334"));
    assertEquals("", nfc.apply(""));
  }

  @Test
  void neighbouringUnknownCharactersAreOne() {
    Unigram model = new Unigram(PIECES, 2);
    assertEquals(List.of(4, 2, 5), ids(model, "a\ud83d\ude00?b"));
  }

  @Test
  void mergesGoByRankAndFromTheLeft() {
    Map<String, Integer> vocabulary = new HashMap<>();
    for (String token :
        List.of("a", "a</w>", "b", "b</w>", "aa", "aa</w>", "aaa</w>", "bb", "end")) {
      vocabulary.put(token, vocabulary.size());
    }
    BytePairs model =
        new BytePairs(
            vocabulary,
            List.of(
                new BytePairs.Pair("a", "a"),
                new BytePairs.Pair("aa", "a</w>"),
                new BytePairs.Pair("b", "b")),
            "end");
    assertEquals(tokens(vocabulary, "aaa</w>"), ids(model, "aaa"));
    assertEquals(tokens(vocabulary, "aa", "a", "a</w>"), ids(model, "aaaa"));
    assertEquals(tokens(vocabulary, "bb", "b", "b</w>"), ids(model, "bbbb"));
    assertEquals(tokens(vocabulary, "a", "end"), ids(model, "a?"));
  }

  @Test
  void longPiecesTakeNoQuadraticTime() {
    Map<String, Integer> vocabulary = Map.of("a", 0, "a</w>", 1, "aa", 2, "end", 3);
    BytePairs model = new BytePairs(vocabulary, List.of(new BytePairs.Pair("a", "a")), "end");
    long start = System.nanoTime();
    assertEquals(100_001, ids(model, "a".repeat(200_001)).size());
    assertEquals(true, System.nanoTime() - start < 20_000_000_000L);
  }

  @Test
  void addedTokensTakeWhiteSpaceAlongAndKnowWords() {
    Tokenizer tokenizer =
        new Tokenizer(
            new Unigram(PIECES, 2),
            new TextNormalizer.Lowercase(),
            Tokenizer.t5PreTokenizer(),
            List.of(
                AddedToken.special("</s>", 1),
                AddedToken.special("<pad>", 0),
                AddedToken.special("<X>", 50),
                new AddedToken("<X>y", 51, false, false, false, false, true),
                new AddedToken("<strip>", 52, false, false, true, true, true),
                new AddedToken("word", 53, false, true, false, false, false),
                AddedToken.special("<lower>", 54).normalized(true)),
            new Tokenizer.Marks(Optional.empty(), 1, 0));
    assertArrayEquals(new long[] {7, 50, 7, 51, 1, 0}, tokenizer.encode("ab<X>ab<X>y", 6).ids());
    assertArrayEquals(new long[] {7, 52, 7, 1}, tokenizer.encode("ab  <strip>\t ab", 4).ids());
    assertArrayEquals(new long[] {53, 3, 2, 53, 1}, tokenizer.encode("word swords word", 5).ids());
    assertArrayEquals(new long[] {54, 1, 0}, tokenizer.encode("<LOWER>", 3).ids());
    assertEquals("word ab", tokenizer.decode(new long[] {53, 7, 50, 1, 0}));
  }

  @Test
  void halvesOfPairsAreReplaced() {
    Tokenizer tokenizer =
        new Tokenizer(
            new Unigram(PIECES, 2),
            new TextNormalizer.Nfc(),
            Tokenizer.t5PreTokenizer(),
            List.of(),
            new Tokenizer.Marks(Optional.empty(), 1, 0));
    assertArrayEquals(new long[] {3, 2, 4, 1}, tokenizer.encode("\ud800a", 4).ids());
    assertThrows(IllegalArgumentException.class, () -> tokenizer.encode("a", 1));
  }

  @Test
  void aCharsmapThatLiesAboutItsSize() {
    for (byte[] bytes :
        new byte[][] {{}, {1, 0, 0}, {-1, -1, -1, -1, 0}, {3, 0, 0, 0, 1, 1, 1}, {0, 0, 0, 0}}) {
      assertThrows(IllegalArgumentException.class, () -> Charsmap.parse(bytes));
    }
  }

  @Test
  void bucketsOfDistances() {
    // The published T5's: 32 buckets, 128 the farthest.
    assertEquals(0, RelativePositions.bucket(0, 32, 128));
    assertEquals(1, RelativePositions.bucket(-1, 32, 128));
    assertEquals(17, RelativePositions.bucket(1, 32, 128));
    assertEquals(8, RelativePositions.bucket(-8, 32, 128));
    assertEquals(15, RelativePositions.bucket(-1000, 32, 128));
    assertEquals(31, RelativePositions.bucket(1000, 32, 128));
  }

  private static List<Integer> ids(TokenModel model, String piece) {
    List<Integer> ids = new ArrayList<>();
    model.encode(piece, ids::add);
    return ids;
  }

  private static List<Integer> tokens(Map<String, Integer> vocabulary, String... tokens) {
    return IntStream.range(0, tokens.length).mapToObj(i -> vocabulary.get(tokens[i])).toList();
  }
}
