package org.diffusionnft.weights.onnx;

import java.util.List;

/** An attribute of a node. */
@SuppressWarnings("ArrayRecordComponent") // read once, by the operator that has it
public sealed interface OnnxAttribute {
  /** An integer. */
  record OfInt(long value) implements OnnxAttribute {}

  /** A float. */
  record OfFloat(float value) implements OnnxAttribute {}

  /** A string. */
  record OfString(String value) implements OnnxAttribute {}

  /** A tensor. */
  record OfTensor(OnnxTensor value) implements OnnxAttribute {}

  /** A graph that the node runs. */
  record OfGraph(OnnxGraph value) implements OnnxAttribute {}

  /** Integers. */
  record OfInts(long[] values) implements OnnxAttribute {}

  /** Floats. */
  record OfFloats(float[] values) implements OnnxAttribute {}

  /** Strings. */
  record OfStrings(List<String> values) implements OnnxAttribute {}

  /** An attribute that no operator here reads, such as a sparse tensor. */
  record Other(String kind) implements OnnxAttribute {}
}
