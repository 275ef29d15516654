package org.diffusionnft.onnx.operator;

import java.util.List;
import org.diffusionnft.onnx.value.Value;

/**
 * An operator in the table.
 *
 * @param name its name in ONNX
 * @param random whether results may differ between calls, so that it is never computed ahead
 * @param operator its implementation
 */
public record Row(String name, boolean random, Operator operator) {
  /** A deterministic operator. */
  static Row of(String name, Operator operator) {
    return new Row(name, false, operator);
  }

  /** An operator with one output. */
  static Row one(String name, Single operator) {
    return new Row(name, false, call -> List.of(operator.run(call)));
  }

  /** An operator with one output. */
  @FunctionalInterface
  interface Single {
    Value run(Call call);
  }
}
