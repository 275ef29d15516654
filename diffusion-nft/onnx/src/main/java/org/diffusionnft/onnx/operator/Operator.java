package org.diffusionnft.onnx.operator;

import java.util.List;
import org.diffusionnft.onnx.value.Value;

/** What an operator does with its inputs. */
@FunctionalInterface
public interface Operator {
  /** The outputs, as many as the node wants or more. */
  List<Value> run(Call call);
}
