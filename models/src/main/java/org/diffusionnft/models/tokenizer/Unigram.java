package org.diffusionnft.models.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece's unigram model (Kudo, arXiv 1804.10959): of all segmentations of a text into
 * pieces of the vocabulary, the one with the highest sum of scores (log probabilities). Characters
 * that no piece covers become the unknown token; adjacent ones share one.
 */
public final class Unigram implements TokenModel {
  /** How far an uncovered character scores below the worst piece. */
  private static final double UNKNOWN_PENALTY = 10;

  /**
   * An entry of the vocabulary.
   *
   * @param text with {@code ▁} for spaces
   * @param score log probability
   */
  public record Piece(String text, double score) {}

  private final List<Piece> pieces;
  private final Map<String, Integer> ids = new HashMap<>();
  private final PieceTrie trie = new PieceTrie();
  private final int unknown;
  private final double unknownScore;

  /**
   * A model; the ids are the positions in the list.
   *
   * @throws InvalidInputException if there are no pieces, one is empty or has a score that is not
   *     finite, or {@code unknown} is not a valid position
   */
  public Unigram(List<Piece> pieces, int unknown) {
    this.pieces = List.copyOf(pieces);
    this.unknown = unknown;
    if (unknown < 0 || unknown >= pieces.size()) {
      throw new InvalidInputException(
          "the unknown token has id " + unknown + ", but there are " + pieces.size() + " pieces");
    }
    double worst = Double.POSITIVE_INFINITY;
    for (int id = 0; id < pieces.size(); id++) {
      Piece piece = pieces.get(id);
      if (piece.text().isEmpty() || !Double.isFinite(piece.score())) {
        throw new InvalidInputException(
            "piece " + id + " ('" + piece.text() + "', score " + piece.score() + ") is impossible");
      }
      worst = Math.min(worst, piece.score());
      ids.put(piece.text(), id);
      trie.put(piece.text(), id);
    }
    this.unknownScore = worst - UNKNOWN_PENALTY;
  }

  /** Number of pieces. */
  public int size() {
    return pieces.size();
  }

  @Override
  public void encode(String text, IntConsumer out) {
    Paths paths = new Paths(text.length());
    int width;
    for (int at = 0; at < text.length(); at += width) {
      width = Character.charCount(text.codePointAt(at));
      int start = at;
      int characterEnd = at + width;
      boolean[] single = new boolean[1];
      trie.prefixes(
          text,
          at,
          (end, id) -> {
            paths.offer(start, end, id, pieces.get(id).score());
            single[0] |= end == characterEnd;
          });
      if (!single[0]) {
        paths.offer(start, characterEnd, unknown, unknownScore);
      }
    }
    paths.best(unknown).forEach(out::accept);
  }

  /** The best path to every position in the text. */
  private static final class Paths {
    private static final int UNREACHED = -1;
    private final double[] scores;
    private final int[] starts;
    private final int[] ids;

    Paths(int length) {
      scores = new double[length + 1];
      ids = new int[length + 1];
      starts = new int[length + 1];
      Arrays.fill(starts, UNREACHED);
    }

    /** Among equal paths, the first one offered is kept. */
    void offer(int start, int end, int id, double score) {
      double total = score + scores[start];
      if (starts[end] == UNREACHED || total > scores[end]) {
        scores[end] = total;
        starts[end] = start;
        ids[end] = id;
      }
    }

    List<Integer> best(int unknown) {
      List<Integer> reversed = new ArrayList<>();
      for (int end = scores.length - 1; end > 0; end = starts[end]) {
        boolean continues =
            !reversed.isEmpty() && reversed.getLast() == unknown && ids[end] == unknown;
        if (!continues) {
          reversed.add(ids[end]);
        }
      }
      return reversed.reversed();
    }
  }

  @Override
  public @Nullable String token(int id) {
    return id >= 0 && id < pieces.size() ? pieces.get(id).text() : null;
  }

  @Override
  public @Nullable Integer id(String token) {
    return ids.get(token);
  }

  @Override
  public int largestId() {
    return pieces.size() - 1;
  }

  @Override
  public String decode(List<String> tokens) {
    String text = String.join("", tokens).replace(PreTokenizer.Metaspace.SIGN, ' ');
    return text.startsWith(" ") ? text.substring(1) : text;
  }
}
