package org.diffusionnft.weights.onnx;

import java.util.List;

/** An attribute of a node. */
@SuppressWarnings("ArrayRecordComponent") // read once, by the operator that has it
public sealed interface OnnxAttribute {
  /** A whole number. */
  record OfInt(long value) implements OnnxAttribute {}

  /** A number. */
  record OfFloat(float value) implements OnnxAttribute {}

  /** A text. */
  record OfString(String value) implements OnnxAttribute {}

  /** A tensor. */
  record OfTensor(OnnxTensor value) implements OnnxAttribute {}

  /** A graph that the node runs. */
  record OfGraph(OnnxGraph value) implements OnnxAttribute {}

  /** Whole numbers. */
  record OfInts(long[] values) implements OnnxAttribute {}

  /** Numbers. */
  record OfFloats(float[] values) implements OnnxAttribute {}

  /** Texts. */
  record OfStrings(List<String> values) implements OnnxAttribute {}

  /** What no operator here reads, such as sparse tensors. */
  record Other(String kind) implements OnnxAttribute {}
}
