package org.diffusionnft.weights.onnx;

import java.util.List;

/** What a file gives an input or an output: a tensor, a list of values, or perhaps nothing. */
public sealed interface OnnxValue {
  /** A tensor. */
  record One(OnnxTensor tensor) implements OnnxValue {}

  /** A sequence. */
  record Many(List<OnnxValue> items) implements OnnxValue {}

  /** An optional without a value. */
  record Absent() implements OnnxValue {}
}
