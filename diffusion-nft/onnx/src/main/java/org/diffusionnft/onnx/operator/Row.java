package org.diffusionnft.onnx.operator;

import java.util.List;
import org.diffusionnft.onnx.value.Value;

/**
 * One operator, one row.
 *
 * @param name as ONNX calls it
 * @param random whether it may give something else the next time, so that it is never computed
 *     ahead
 * @param operator what it does
 */
public record Row(String name, boolean random, Operator operator) {
  /** An operator that gives the same for the same. */
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
