package org.diffusionnft.weights.onnx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The declared type of an input or output. */
public sealed interface OnnxType {
  /**
   * A tensor.
   *
   * @param element the type of its elements
   * @param dims its dimensions; null if the rank is unknown
   */
  record OfTensor(ElementType element, @Nullable List<Dim> dims) implements OnnxType {}

  /** A sequence of values of one type. */
  record OfSequence(OnnxType item) implements OnnxType {}

  /** An optional value. */
  record OfOptional(OnnxType item) implements OnnxType {}

  /**
   * A dimension.
   *
   * @param size -1 if it is dynamic
   * @param name equal names mean equal sizes; empty if it has none
   */
  record Dim(long size, String name) {}
}
