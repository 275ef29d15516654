package org.diffusionnft.weights.onnx;

import java.util.List;

/** A value for an input or output: a tensor, a sequence of values, or an absent optional. */
public sealed interface OnnxValue {
  /** A tensor. */
  record One(OnnxTensor tensor) implements OnnxValue {}

  /** A sequence. */
  record Many(List<OnnxValue> items) implements OnnxValue {}

  /** An optional without a value. */
  record Absent() implements OnnxValue {}
}
