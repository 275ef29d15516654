package org.diffusionnft.models.transformer;

import java.util.List;
import java.util.Objects;
import org.diffusionnft.autograd.Variable;
import org.jspecify.annotations.Nullable;

/**
 * The two streams of tokens that an MMDiT's blocks work on.
 *
 * @param image {@code [B, N, C]}
 * @param text {@code [B, S, C]}; null after the last block
 */
record Streams(Variable image, @Nullable Variable text) {

  /**
   * The text stream, which must be present.
   *
   * @throws NullPointerException after the last block
   */
  Variable requireText() {
    return Objects.requireNonNull(text, "the last block drops the text stream");
  }

  /** The present streams, image first. */
  List<Variable> asList() {
    return text == null ? List.of(image) : List.of(image, text);
  }

  /** The inverse of {@link #asList}. */
  static Streams of(List<Variable> streams) {
    return new Streams(streams.getFirst(), streams.size() > 1 ? streams.get(1) : null);
  }
}
