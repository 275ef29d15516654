package org.diffusionnft.weights.onnx;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.ProtobufReader;
import org.diffusionnft.weights.onnx.OnnxGraph.Port;
import org.jspecify.annotations.Nullable;

/** {@code GraphProto}, {@code NodeProto}, {@code AttributeProto} and {@code TypeProto}. */
final class GraphReader {
  /** Maximum nesting depth of graphs and types; real models need two or three. */
  private static final int DEEPEST = 16;

  private static final int LARGEST_RANK = 32;

  private final TensorReader tensors;
  private final Path file;

  GraphReader(TensorReader tensors) {
    this.tensors = tensors;
    this.file = tensors.file();
  }

  /** ONNX's own domain has two names. */
  static String domain(String name) {
    return name.equals("ai.onnx") ? "" : name;
  }

  OnnxGraph graph(ProtobufReader in, int depth) throws InvalidFileException {
    requireDepth(depth, "graphs");
    String name = "";
    List<Port> inputs = new ArrayList<>();
    Set<String> named = new HashSet<>();
    List<Port> outputs = new ArrayList<>();
    List<OnnxNode> nodes = new ArrayList<>();
    Map<String, OnnxTensor> initializers = new LinkedHashMap<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> nodes.add(node(in.message(), depth));
        case 2 -> name = in.text();
        case 5 -> {
          OnnxTensor tensor = tensors.tensor(in.message());
          if (initializers.put(tensor.name(), tensor) != null) {
            throw new InvalidFileException(
                file, "has two initializers named " + quote(tensor.name()));
          }
        }
        case 11 -> {
          Port input = port(in.message());
          if (!named.add(input.name())) {
            throw new InvalidFileException(file, "has two inputs named " + quote(input.name()));
          }
          inputs.add(input);
        }
        case 12 -> outputs.add(port(in.message()));
        case 15 ->
            throw new UnsupportedOnnxException(
                file + ": has sparse initializers, which are not supported: export dense weights");
        default -> {}
      }
    }
    return new OnnxGraph(name, inputs, outputs, initializers, nodes);
  }

  private void requireDepth(int depth, String what) throws InvalidFileException {
    if (depth > DEEPEST) {
      throw new InvalidFileException(
          file, "has " + what + " more than " + DEEPEST + " deep in each other");
    }
  }

  private OnnxNode node(ProtobufReader in, int depth) throws InvalidFileException {
    String name = "";
    String operator = "";
    String domain = "";
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    Map<String, OnnxAttribute> attributes = new LinkedHashMap<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> inputs.add(in.text());
        case 2 -> outputs.add(in.text());
        case 3 -> name = in.text();
        case 4 -> operator = in.text();
        case 5 -> attribute(in.message(), depth, attributes);
        case 7 -> domain = domain(in.text());
        default -> {}
      }
    }
    return new OnnxNode(name, domain, operator, inputs, outputs, attributes);
  }

  private void attribute(ProtobufReader in, int depth, Map<String, OnnxAttribute> to)
      throws InvalidFileException {
    String name = "";
    long type = 0;
    float f = 0;
    long i = 0;
    String s = "";
    OnnxTensor tensor = null;
    OnnxGraph graph = null;
    Numbers floats = new Numbers();
    Numbers ints = new Numbers();
    List<String> strings = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2 -> f = Float.intBitsToFloat(in.fixed32());
        case 3 -> i = in.varint();
        case 4 -> s = in.text();
        case 5 -> tensor = tensors.tensor(in.message());
        case 6 -> graph = graph(in.message(), depth + 1);
        case 7 -> in.fixed32s(floats::add);
        case 8 -> in.varints(ints::add);
        case 9 -> strings.add(in.text());
        case 20 -> type = in.varint();
        default -> {}
      }
    }
    OnnxAttribute before =
        to.put(
            name,
            switch ((int) type) {
              case 1 -> new OnnxAttribute.OfFloat(f);
              case 2 -> new OnnxAttribute.OfInt(i);
              case 3 -> new OnnxAttribute.OfString(s);
              case 4 -> new OnnxAttribute.OfTensor(present(tensor, name));
              case 5 -> new OnnxAttribute.OfGraph(present(graph, name));
              case 6 -> new OnnxAttribute.OfFloats(floats.floats());
              case 7 -> new OnnxAttribute.OfInts(ints.longs());
              case 8 -> new OnnxAttribute.OfStrings(strings);
              default -> new OnnxAttribute.Other("kind " + type);
            });
    if (before != null) {
      throw new InvalidFileException(
          file, "has a node with two attributes named " + quote(name) + ": which one counts?");
    }
  }

  private <T> T present(@Nullable T value, String attribute) throws InvalidFileException {
    if (value == null) {
      throw new InvalidFileException(
          file, "has an attribute " + quote(attribute) + " without its value");
    }
    return value;
  }

  private Port port(ProtobufReader in) throws InvalidFileException {
    String name = "";
    OnnxType type = null;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2 -> type = type(in.message(), name, 0);
        default -> {}
      }
    }
    return new Port(name, type);
  }

  private @Nullable OnnxType type(ProtobufReader in, String name, int depth)
      throws InvalidFileException {
    requireDepth(depth, "types");
    OnnxType type = null;
    while (in.next()) {
      type =
          switch (in.field()) {
            case 1 -> tensorType(in.message(), name);
            case 4 -> new OnnxType.OfSequence(item(in.message(), name, depth));
            case 9 -> new OnnxType.OfOptional(item(in.message(), name, depth));
            case 5, 7, 8 ->
                throw new UnsupportedOnnxException(
                    "%s: value %s is a map, sparse or opaque, which is not supported"
                        .formatted(file, quote(name)));
            default -> type;
          };
    }
    return type;
  }

  private OnnxType item(ProtobufReader in, String name, int depth) throws InvalidFileException {
    OnnxType item = null;
    while (in.next()) {
      if (in.field() == 1) {
        item = type(in.message(), name, depth + 1);
      }
    }
    if (item == null) {
      throw new InvalidFileException(file, "does not say what value " + quote(name) + " is of");
    }
    return item;
  }

  private OnnxType tensorType(ProtobufReader in, String name) throws InvalidFileException {
    long element = 0;
    List<OnnxType.Dim> dims = null;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> element = in.varint();
        case 2 -> dims = dims(in.message());
        default -> {}
      }
    }
    return new OnnxType.OfTensor(ElementType.of(element, file + ": value " + quote(name)), dims);
  }

  private List<OnnxType.Dim> dims(ProtobufReader in) throws InvalidFileException {
    List<OnnxType.Dim> dims = new ArrayList<>();
    while (in.next()) {
      if (in.field() == 1) {
        dims.add(dim(in.message()));
      }
    }
    if (dims.size() > LARGEST_RANK) {
      throw new InvalidFileException(file, "declares a tensor of " + dims.size() + " dimensions");
    }
    return dims;
  }

  private static OnnxType.Dim dim(ProtobufReader in) throws InvalidFileException {
    long size = -1;
    String name = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> size = in.varint();
        case 2 -> name = in.text();
        default -> {}
      }
    }
    // exporters write a question mark for every open dimension, so equal marks do not imply equal
    // sizes
    return new OnnxType.Dim(size, name.equals("?") ? "" : name);
  }
}
