package org.diffusionnft.models.tokenizer;

import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Encodes a piece of text as ids, and decodes tokens to text. */
public sealed interface TokenModel permits BytePairs, Unigram, WordPiece {

  /** The ids of one piece, in order. */
  void encode(String piece, IntConsumer ids);

  /** The token with an id, or null if there is none. */
  @Nullable String token(int id);

  /** The id of a token, or null if there is none. */
  @Nullable Integer id(String token);

  /** The largest id. */
  int largestId();

  /** The text of these tokens. */
  String decode(List<String> tokens);
}
