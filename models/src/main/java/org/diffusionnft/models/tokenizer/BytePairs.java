package org.diffusionnft.models.tokenizer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * Byte-pair encoding (Sennrich et al., arXiv 1508.07909): a piece starts as its letters, and
 * adjacent pairs are merged, best rank first, leftmost first among equals. The last letter of a
 * piece is marked as its end.
 */
public final class BytePairs implements TokenModel {
  private static final String END = "</w>";

  private record Merged(int rank, int id) {}

  private record Candidate(int rank, int at, int id) implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      return rank != other.rank ? Integer.compare(rank, other.rank) : Integer.compare(at, other.at);
    }
  }

  private final Map<String, Integer> vocabulary;
  private final Map<Integer, String> tokens = new HashMap<>();
  private final Map<Long, Merged> merges = new HashMap<>();
  private final int unknown;

  /**
   * A model.
   *
   * @param vocabulary token to id
   * @param merges pairs of tokens that are merged, best first
   * @param unknown the token for letters that the vocabulary lacks
   * @throws InvalidInputException if two tokens share an id, or a merge names or makes a token that
   *     is not in the vocabulary
   */
  public BytePairs(Map<String, Integer> vocabulary, List<Pair> merges, String unknown) {
    this.vocabulary = Map.copyOf(vocabulary);
    this.vocabulary.forEach(
        (token, id) -> {
          String other = tokens.put(id, token);
          if (other != null) {
            throw new InvalidInputException(
                "tokens '" + other + "' and '" + token + "' both have the id " + id);
          }
        });
    this.unknown = require(unknown, "the token for what is unknown");
    for (int rank = 0; rank < merges.size(); rank++) {
      Pair pair = merges.get(rank);
      String what = "merge " + (rank + 1) + " ('" + pair.left() + " " + pair.right() + "')";
      int left = require(pair.left(), what);
      int right = require(pair.right(), what);
      int joined = require(pair.left() + pair.right(), what);
      this.merges.put(key(left, right), new Merged(rank, joined));
    }
  }

  /** Two adjacent tokens that are merged. */
  public record Pair(String left, String right) {}

  private int require(String token, String what) {
    Integer id = vocabulary.get(token);
    if (id == null) {
      throw new InvalidInputException(
          what + " needs the token '" + token + "', which the vocabulary lacks");
    }
    return id;
  }

  @Override
  public void encode(String piece, IntConsumer ids) {
    int[] letters = piece.codePoints().toArray();
    int n = letters.length;
    int[] symbols = new int[n];
    int[] next = new int[n];
    int[] previous = new int[n];
    for (int i = 0; i < n; i++) {
      String letter = Character.toString(letters[i]) + (i == n - 1 ? END : "");
      symbols[i] = vocabulary.getOrDefault(letter, unknown);
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    PriorityQueue<Candidate> queue = new PriorityQueue<>();
    for (int i = 0; i + 1 < n; i++) {
      offer(queue, symbols, i, i + 1);
    }
    boolean[] gone = new boolean[n];
    while (!queue.isEmpty()) {
      Candidate best = queue.remove();
      int at = best.at();
      int right = gone[at] ? n : next[at];
      if (right == n) {
        continue;
      }
      Merged now = merges.get(key(symbols[at], symbols[right]));
      if (now == null || now.id() != best.id()) {
        continue; // a neighbour was merged meanwhile
      }
      symbols[at] = now.id();
      gone[right] = true;
      next[at] = next[right];
      if (next[at] < n) {
        previous[next[at]] = at;
        offer(queue, symbols, at, next[at]);
      }
      if (previous[at] >= 0) {
        offer(queue, symbols, previous[at], at);
      }
    }
    for (int i = 0; i < n; i = next[i]) {
      ids.accept(symbols[i]);
    }
  }

  private void offer(PriorityQueue<Candidate> queue, int[] symbols, int left, int right) {
    Merged merged = merges.get(key(symbols[left], symbols[right]));
    if (merged != null) {
      queue.add(new Candidate(merged.rank(), left, merged.id()));
    }
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  @Override
  public @Nullable String token(int id) {
    return tokens.get(id);
  }

  @Override
  public @Nullable Integer id(String token) {
    return vocabulary.get(token);
  }

  @Override
  public int largestId() {
    return Collections.max(tokens.keySet());
  }

  @Override
  public String decode(List<String> tokens) {
    return ByteAlphabet.read(String.join("", new ArrayList<>(tokens))).replace(END, " ").strip();
  }
}
