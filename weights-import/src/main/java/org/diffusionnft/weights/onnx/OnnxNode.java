package org.diffusionnft.weights.onnx;

import java.util.List;
import java.util.Map;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * One operation of a graph.
 *
 * @param name its name in the file; may be empty
 * @param domain the family of the operator; empty for ONNX's own
 * @param operator the operator's name
 * @param inputs names of values; an empty one is an omitted optional input
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

  /** The operator with its domain, unless that is ONNX's own; escaped for a one-line message. */
  public String qualified() {
    return InvalidFileException.escaped(domain.isEmpty() ? operator : domain + "." + operator);
  }

  /** Its name in messages: its own name, else that of an output. */
  public String title() {
    String own = name.isEmpty() && !outputs.isEmpty() ? outputs.getFirst() : name;
    return "node %s (%s)".formatted(InvalidFileException.quote(own), qualified());
  }
}
