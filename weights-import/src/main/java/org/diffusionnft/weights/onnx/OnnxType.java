package org.diffusionnft.weights.onnx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a model declares about an input or an output. */
public sealed interface OnnxType {
  /**
   * A tensor.
   *
   * @param element the type of its elements
   * @param dims its dimensions; null if even their number is open
   */
  record OfTensor(ElementType element, @Nullable List<Dim> dims) implements OnnxType {}

  /** A sequence of values of one type. */
  record OfSequence(OnnxType item) implements OnnxType {}

  /** Nothing, or a value. */
  record OfOptional(OnnxType item) implements OnnxType {}

  /**
   * A dimension.
   *
   * @param size -1 if it is open
   * @param name equal names are equal sizes; empty if it has none
   */
  record Dim(long size, String name) {}
}
