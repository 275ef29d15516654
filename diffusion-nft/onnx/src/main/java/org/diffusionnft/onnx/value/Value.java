package org.diffusionnft.onnx.value;

import java.util.List;
import org.diffusionnft.weights.onnx.OnnxValue;
import org.jspecify.annotations.Nullable;

/** An input or output of a node. */
public sealed interface Value permits NdArray, Value.Sequence, Value.Perhaps {
  /** A list of values. */
  record Sequence(List<Value> items) implements Value {}

  /** An optional; null if it is empty. */
  record Perhaps(@Nullable Value item) implements Value {}

  /** A value from a file. */
  static Value of(OnnxValue value) {
    return switch (value) {
      case OnnxValue.One(var tensor) -> NdArray.of(tensor);
      case OnnxValue.Many(var items) -> new Sequence(items.stream().map(Value::of).toList());
      case OnnxValue.Absent() -> new Perhaps(null);
    };
  }
}
