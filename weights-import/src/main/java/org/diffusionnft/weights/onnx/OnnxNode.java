package org.diffusionnft.weights.onnx;

import java.util.List;
import java.util.Map;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * One operation of a graph.
 *
 * @param name what the file calls it; may be empty
 * @param domain the family of the operator; empty for ONNX's own
 * @param operator the operator's name
 * @param inputs names of values; an empty one is an optional input left out
 * @param outputs names of values; an empty one is not wanted
 * @param attributes by name
 */
public record OnnxNode(
    String name,
    String domain,
    String operator,
    List<String> inputs,
    List<String> outputs,
    Map<String, OnnxAttribute> attributes) {

  /** The operator with its domain, where that is not ONNX's own; fit for a one-line message. */
  public String qualified() {
    return InvalidFileException.escaped(domain.isEmpty() ? operator : domain + "." + operator);
  }

  /** What messages call it: its own name, else what it gives. */
  public String title() {
    String own = name.isEmpty() && !outputs.isEmpty() ? outputs.getFirst() : name;
    return "node %s (%s)".formatted(InvalidFileException.quote(own), qualified());
  }
}
