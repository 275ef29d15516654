package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Map;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * One operation of an {@code ops} case with its inputs.
 *
 * @param name as in the case
 * @param description its part of the configuration
 * @param inputs by their names in the case
 * @param outShape shape of the expected (first) result
 */
record OpCall(String name, CaseConfig description, Map<String, Variable> inputs, Shape outShape) {

  /**
   * A required input.
   *
   * @throws InvalidFileException if it is missing
   */
  Variable in(String input) throws InvalidFileException {
    Variable found = inputs.get(input);
    if (found == null) {
      throw invalid("has no input '" + input + "'");
    }
    return found;
  }

  /** An optional input. */
  @Nullable Variable find(String input) {
    return inputs.get(input);
  }

  CaseConfig params() throws InvalidFileException {
    return description.has("params")
        ? description.get("params")
        : new CaseConfig(
            description.file(), description.at(), JsonNodeFactory.instance.objectNode());
  }

  double eps() throws InvalidFileException {
    return params().number("eps");
  }

  String formula() throws InvalidFileException {
    return description.text("formula");
  }

  InvalidFileException invalid(String problem) {
    return new InvalidFileException(description.file(), "operation '" + name + "': " + problem);
  }
}
