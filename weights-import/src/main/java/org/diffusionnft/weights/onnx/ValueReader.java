package org.diffusionnft.weights.onnx;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.ProtobufReader;

/** {@code SequenceProto} and {@code OptionalProto}, read by the type that a model declares. */
final class ValueReader {
  private final TensorReader tensors;

  ValueReader(TensorReader tensors) {
    this.tensors = tensors;
  }

  OnnxValue value(ProtobufReader in, OnnxType type) throws InvalidFileException {
    return switch (type) {
      case OnnxType.OfTensor _ -> new OnnxValue.One(tensors.tensor(in));
      case OnnxType.OfSequence(OnnxType item) -> {
        List<OnnxValue> items = new ArrayList<>();
        while (in.next()) {
          if (in.field() == 3 || in.field() == 5) {
            items.add(value(in.message(), item));
          }
        }
        yield new OnnxValue.Many(items);
      }
      case OnnxType.OfOptional(OnnxType item) -> {
        OnnxValue found = new OnnxValue.Absent();
        while (in.next()) {
          if (in.field() == 3 || in.field() == 5) {
            found = value(in.message(), item);
          }
        }
        yield found;
      }
    };
  }
}
