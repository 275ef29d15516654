package org.diffusionnft.onnx.operator;

import java.util.List;
import org.diffusionnft.onnx.value.Value;

/** The function of an operator. */
@FunctionalInterface
public interface Operator {
  /** Computes the outputs, at least as many as the node requests. */
  List<Value> run(Call call);
}
