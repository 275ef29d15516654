package org.diffusionnft.models.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * BERT's word pieces (Devlin et al., arXiv 1810.04805): a word is split greedily into the longest
 * prefix in the vocabulary, then the longest pieces that continue with {@code ##}. A word that
 * cannot be split like this, or is longer than 100 characters, becomes the unknown token.
 */
public final class WordPiece implements TokenModel {
  static final String PADDING = "[PAD]";
  static final String UNKNOWN = "[UNK]";
  static final String START = "[CLS]";
  static final String END = "[SEP]";

  /** The special tokens that every BERT vocabulary has. */
  static final List<String> SPECIAL = List.of(PADDING, UNKNOWN, START, END, "[MASK]");

  private static final String INSIDE = "##";
  private static final int LONGEST_WORD = 100;

  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();
  private final int unknown;
  private int longest;

  /**
   * A model; the ids are the positions in the list.
   *
   * @throws InvalidInputException if a token occurs twice, or the unknown token is missing
   */
  public WordPiece(List<String> tokens) {
    this.tokens = List.copyOf(tokens);
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      Integer before = ids.put(token, id);
      if (before != null) {
        throw new InvalidInputException(
            "token '" + token + "' has the ids " + before + " and " + id + ", but one is right");
      }
      longest = Math.max(longest, token.length());
    }
    this.unknown = require(UNKNOWN);
  }

  /**
   * The id of a required token.
   *
   * @throws InvalidInputException if it is missing
   */
  int require(String token) {
    Integer id = ids.get(token);
    if (id == null) {
      throw new InvalidInputException(
          "the vocabulary of %d tokens has no '%s', which BERT's have"
              .formatted(tokens.size(), token));
    }
    return id;
  }

  @Override
  public void encode(String piece, IntConsumer to) {
    List<Integer> found = new ArrayList<>();
    if (piece.codePointCount(0, piece.length()) <= LONGEST_WORD) {
      int at = 0;
      while (at < piece.length()) {
        Integer id = null;
        int end = Math.min(piece.length(), at + longest);
        while (end > at && id == null) {
          String part = piece.substring(at, end);
          id = ids.get(at == 0 ? part : INSIDE + part);
          end -= id == null ? 1 : 0;
        }
        if (id == null) {
          found.clear();
          break;
        }
        found.add(id);
        at = end;
      }
    }
    if (found.isEmpty()) {
      to.accept(unknown);
    } else {
      found.forEach(to::accept);
    }
  }

  @Override
  public @Nullable String token(int id) {
    return id >= 0 && id < tokens.size() ? tokens.get(id) : null;
  }

  @Override
  public @Nullable Integer id(String token) {
    return ids.get(token);
  }

  @Override
  public int largestId() {
    return tokens.size() - 1;
  }

  @Override
  public String decode(List<String> words) {
    return String.join(" ", words).replace(" " + INSIDE, "");
  }
}
