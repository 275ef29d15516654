package org.diffusionnft.weights.onnx;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Nodes and the values between them.
 *
 * @param name may be empty
 * @param inputs the graph's inputs, including those with an initializer
 * @param outputs the graph's outputs
 * @param initializers constants by name
 * @param nodes in file order
 */
public record OnnxGraph(
    String name,
    List<Port> inputs,
    List<Port> outputs,
    Map<String, OnnxTensor> initializers,
    List<OnnxNode> nodes) {

  /**
   * An input or an output.
   *
   * @param type null if the file does not declare it
   */
  public record Port(String name, @Nullable OnnxType type) {}
}
