package org.diffusionnft.weights.onnx;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Nodes and the values between them.
 *
 * @param name may be empty
 * @param inputs what is given, those with an initializer too
 * @param outputs what is asked for
 * @param initializers constants by name
 * @param nodes in the order of the file
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
   * @param type null where the file does not say
   */
  public record Port(String name, @Nullable OnnxType type) {}
}
