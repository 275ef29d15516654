package org.diffusionnft.rewards.ocr;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.OnnxAttribute;
import org.diffusionnft.weights.onnx.OnnxGraph;
import org.diffusionnft.weights.onnx.OnnxModel;
import org.diffusionnft.weights.onnx.OnnxNode;
import org.diffusionnft.weights.onnx.OnnxTensor;
import org.diffusionnft.weights.onnx.OnnxType;

/**
 * Builds a network as a graph of ONNX operators, with weights from a checkpoint: networks published
 * without a graph run on the same operators as those with one.
 */
final class NetworkBuilder {
  private static final long OPSET = 17;

  private final Path file;
  private final TensorSource weights;
  private final ReferenceDevice host = new ReferenceDevice();
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxTensor> constants = new LinkedHashMap<>();

  NetworkBuilder(Path file, TensorSource weights) {
    this.file = file;
    this.weights = weights;
  }

  boolean has(String name) {
    return weights.names().contains(name);
  }

  /** A tensor of the checkpoint. */
  Weight weight(String name) throws InvalidFileException {
    if (!has(name)) {
      throw new InvalidFileException(file, "has no tensor " + InvalidFileException.quote(name));
    }
    return new Weight(weights.shape(name), weights.tensor(name, host).toFloats());
  }

  /**
   * A tensor during construction.
   *
   * @param values row by row
   */
  @SuppressWarnings("ArrayRecordComponent") // created and read once
  record Weight(Shape shape, float[] values) {
    int dim(int axis) {
      return shape.intDim(axis);
    }
  }

  /** A constant of the graph; returns its name. */
  String constant(Shape shape, float[] values) {
    String name = "c" + constants.size();
    constants.put(name, new OnnxTensor(name, ElementType.FLOAT, shape, null, values));
    return name;
  }

  String constant(Weight weight) {
    return constant(weight.shape(), weight.values());
  }

  String scalar(float value) {
    return constant(Shape.of(), new float[] {value});
  }

  String whole(long... values) {
    String name = "c" + constants.size();
    constants.put(
        name, new OnnxTensor(name, ElementType.INT64, Shape.of(values.length), null, values));
    return name;
  }

  /** A node with attributes that is not yet added. */
  final class Draft {
    private final Map<String, OnnxAttribute> attributes = new HashMap<>();

    private Draft() {}

    Draft with(String name, long... values) {
      attributes.put(name, new OnnxAttribute.OfInts(values));
      return this;
    }

    Draft number(String name, float value) {
      attributes.put(name, new OnnxAttribute.OfFloat(value));
      return this;
    }

    Draft integer(String name, long value) {
      attributes.put(name, new OnnxAttribute.OfInt(value));
      return this;
    }

    Draft text(String name, String value) {
      attributes.put(name, new OnnxAttribute.OfString(value));
      return this;
    }

    /** Adds the node; returns the name of its output. */
    String add(String operator, String... inputs) {
      return addMany(operator, 1, inputs).getFirst();
    }

    /** Adds the node with several outputs. */
    List<String> addMany(String operator, int outputs, String... inputs) {
      List<String> names = new ArrayList<>();
      for (int i = 0; i < outputs; i++) {
        names.add("v" + nodes.size() + "_" + i);
      }
      nodes.add(new OnnxNode("", "", operator, List.of(inputs), names, Map.copyOf(attributes)));
      return names;
    }
  }

  /** Starts a node with an integer-list attribute. */
  Draft with(String name, long... values) {
    return new Draft().with(name, values);
  }

  /** Starts a node with a float attribute. */
  Draft number(String name, float value) {
    return new Draft().number(name, value);
  }

  /** Starts a node with an integer attribute. */
  Draft integer(String name, long value) {
    return new Draft().integer(name, value);
  }

  /** Starts a node with a string attribute. */
  Draft text(String name, String value) {
    return new Draft().text(name, value);
  }

  /** Adds a node without attributes; returns the name of its output. */
  String add(String operator, String... inputs) {
    return new Draft().add(operator, inputs);
  }

  /** Gives a value another name, as an output of the network. */
  void name(String value, String as) {
    nodes.add(new OnnxNode("", "", "Identity", List.of(value), List.of(as), Map.of()));
  }

  /** The network from {@code pixels} to these outputs. */
  OnnxModel model(List<String> outputs) {
    OnnxType picture = new OnnxType.OfTensor(ElementType.FLOAT, null);
    OnnxGraph graph =
        new OnnxGraph(
            "",
            List.of(new OnnxGraph.Port("pixels", picture)),
            outputs.stream().map(name -> new OnnxGraph.Port(name, null)).toList(),
            constants,
            nodes);
    host.close();
    return new OnnxModel(file, Map.of("", OPSET), graph);
  }
}
