package org.diffusionnft.models.tokenizer;

import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Turns a piece of text into ids, and ids into what they stand for. */
public sealed interface TokenModel permits BytePairs, Unigram, WordPiece {

  /** The ids of one piece, in order. */
  void encode(String piece, IntConsumer ids);

  /** The token of an id, or null if there is none. */
  @Nullable String token(int id);

  /** The id of a token, or null if there is none. */
  @Nullable Integer id(String token);

  /** The largest id. */
  int largestId();

  /** The text that tokens stand for. */
  String decode(List<String> tokens);
}
