package org.diffusionnft.onnx.operator;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.OnnxAttribute;
import org.diffusionnft.weights.onnx.OnnxGraph;
import org.diffusionnft.weights.onnx.OnnxNode;
import org.diffusionnft.weights.onnx.UnsupportedOnnxException;
import org.jspecify.annotations.Nullable;

/** One call of an operator: its node, its inputs, and its device. */
public final class Call {
  /** The maximum size of an array that a node may create. */
  private static final long LARGEST_ELEMENTS = Integer.MAX_VALUE - 64;

  /** Runs the subgraph of an attribute. */
  public interface Bodies {
    /** The outputs of a graph for these inputs, in order. */
    List<Value> run(OnnxGraph graph, List<Value> inputs);
  }

  private final OnnxNode node;
  private final long opset;
  private final List<@Nullable Value> inputs;
  private final Device device;
  private final Bodies bodies;

  /**
   * @param node the node to run
   * @param opset the version of the operators in the node's domain
   * @param inputs null for omitted ones
   * @param device the compute device
   * @param bodies runs the node's subgraphs
   */
  public Call(
      OnnxNode node, long opset, List<@Nullable Value> inputs, Device device, Bodies bodies) {
    this.node = node;
    this.opset = opset;
    this.inputs = inputs;
    this.device = device;
    this.bodies = bodies;
  }

  Device device() {
    return device;
  }

  long opset() {
    return opset;
  }

  /** Number of inputs, including omitted ones before the last one. */
  int inputs() {
    return inputs.size();
  }

  /** Number of outputs that the node names. */
  int outputs() {
    return node.outputs().size();
  }

  /** Whether an output is requested. */
  boolean wants(int output) {
    return output < node.outputs().size() && !node.outputs().get(output).isEmpty();
  }

  boolean has(int i) {
    return i < inputs.size() && inputs.get(i) != null;
  }

  Value value(int i) {
    Value value = i < inputs.size() ? inputs.get(i) : null;
    if (value == null) {
      throw wrong("needs input " + (i + 1));
    }
    return value;
  }

  /** A required input. */
  NdArray in(int i) {
    if (value(i) instanceof NdArray array) {
      return array;
    }
    throw wrong("needs a tensor as input " + (i + 1));
  }

  @Nullable NdArray optional(int i) {
    return has(i) ? in(i) : null;
  }

  List<NdArray> all() {
    return IntStream.range(0, inputs.size()).mapToObj(this::in).toList();
  }

  List<Value> body(String attribute, List<Value> given) {
    return bodies.run(graph(attribute), given);
  }

  OnnxGraph graph(String attribute) {
    if (node.attributes().get(attribute) instanceof OnnxAttribute.OfGraph(OnnxGraph graph)) {
      return graph;
    }
    throw wrong("needs a graph as attribute '" + attribute + "'");
  }

  boolean hasAttribute(String name) {
    return node.attributes().containsKey(name);
  }

  long integer(String name, long orElse) {
    return switch (node.attributes().get(name)) {
      case null -> orElse;
      case OnnxAttribute.OfInt(long value) -> value;
      default -> throw wrong("needs a whole number as attribute '" + name + "'");
    };
  }

  long integer(String name) {
    if (!hasAttribute(name)) {
      throw wrong("needs the attribute '" + name + "'");
    }
    return integer(name, 0);
  }

  boolean flag(String name, boolean orElse) {
    return integer(name, orElse ? 1 : 0) != 0;
  }

  float number(String name, float orElse) {
    return switch (node.attributes().get(name)) {
      case null -> orElse;
      case OnnxAttribute.OfFloat(float value) -> value;
      default -> throw wrong("needs a number as attribute '" + name + "'");
    };
  }

  String text(String name, String orElse) {
    return switch (node.attributes().get(name)) {
      case null -> orElse;
      case OnnxAttribute.OfString(String value) -> value;
      default -> throw wrong("needs a text as attribute '" + name + "'");
    };
  }

  /** An attribute with a fixed set of values. */
  String choice(String name, String orElse, String... allowed) {
    String value = text(name, orElse);
    if (!Arrays.asList(allowed).contains(value)) {
      throw unsupported(
          "has %s %s, which is not supported: %s are"
              .formatted(name, InvalidFileException.quote(value), String.join(", ", allowed)));
    }
    return value;
  }

  long @Nullable [] integers(String name) {
    return switch (node.attributes().get(name)) {
      case null -> null;
      case OnnxAttribute.OfInts(long[] values) -> values;
      default -> throw wrong("needs whole numbers as attribute '" + name + "'");
    };
  }

  int[] ints(String name, int count, int orElse) {
    long[] values = integers(name);
    int[] out = new int[count];
    Arrays.fill(out, orElse);
    if (values != null) {
      if (values.length != count) {
        throw wrong("needs %d numbers in '%s', not %d".formatted(count, name, values.length));
      }
      for (int i = 0; i < count; i++) {
        out[i] = toInt(values[i], name);
      }
    }
    return out;
  }

  float @Nullable [] numbers(String name) {
    return switch (node.attributes().get(name)) {
      case null -> null;
      case OnnxAttribute.OfFloats(float[] values) -> values;
      default -> throw wrong("needs numbers as attribute '" + name + "'");
    };
  }

  @Nullable NdArray tensor(String name) {
    return switch (node.attributes().get(name)) {
      case null -> null;
      case OnnxAttribute.OfTensor(var value) -> NdArray.of(value);
      default -> throw wrong("needs a tensor as attribute '" + name + "'");
    };
  }

  @Nullable OnnxAttribute attribute(String name) {
    return node.attributes().get(name);
  }

  /** Integers from an attribute in old operator sets, and from an input since then. */
  long @Nullable [] integers(String attribute, int input) {
    long[] given = integers(attribute);
    return given == null && has(input) ? longs(input) : given;
  }

  /** See {@link #integers(String, int)}; they are required. */
  long[] required(String attribute, int input) {
    long[] given = integers(attribute, input);
    if (given == null) {
      throw wrong("needs " + attribute);
    }
    return given;
  }

  /** The node's name in messages. */
  String title() {
    return node.title();
  }

  /** An input of integers. */
  long[] longs(int i) {
    NdArray array = in(i);
    if (!array.type().isInteger()) {
      throw wrong("needs whole numbers as input %d, not %s".formatted(i + 1, array));
    }
    return array.longs();
  }

  /** The only element of an input. */
  double scalar(int i) {
    NdArray array = in(i);
    if (array.count() != 1 || array.type() == ElementType.STRING) {
      throw wrong("needs one number as input %d, not %s".formatted(i + 1, array));
    }
    return array.toDoubles()[0];
  }

  int toInt(long value, String what) {
    if (value != (int) value) {
      throw wrong("has %s %d, which is too large".formatted(what, value));
    }
    return (int) value;
  }

  /** A non-negative axis. */
  int axis(long axis, int rank) {
    long a = axis < 0 ? axis + rank : axis;
    if (a < 0 || a >= rank) {
      throw wrong("asks for axis %d of a tensor of %d dimensions".formatted(axis, rank));
    }
    return (int) a;
  }

  int axis(String name, long orElse, int rank) {
    return axis(integer(name, orElse), rank);
  }

  /** Axes without repetition, in ascending order. */
  int[] axes(long[] axes, int rank) {
    int[] out = Arrays.stream(axes).mapToInt(a -> axis(a, rank)).sorted().toArray();
    for (int i = 1; i < out.length; i++) {
      if (out[i] == out[i - 1]) {
        throw wrong("names axis " + out[i] + " twice");
      }
    }
    return out;
  }

  /** The shape of a result, checked for size. */
  Shape shape(long... dims) {
    long count = 1;
    for (long d : dims) {
      if (d < 0) {
        throw wrong("would make a tensor of shape " + Arrays.toString(dims));
      }
      count = d == 0 ? 0 : count > LARGEST_ELEMENTS / d ? Long.MAX_VALUE : count * d;
    }
    requireRoom(count, dims);
    if (Arrays.stream(dims).anyMatch(d -> d > Integer.MAX_VALUE)) {
      throw wrong("would make a tensor of shape " + Arrays.toString(dims));
    }
    return Shape.of(dims);
  }

  private void requireRoom(long count, long[] dims) {
    long most = Math.min(LARGEST_ELEMENTS, Runtime.getRuntime().maxMemory() / 16);
    if (count > most) {
      throw wrong(
          "would make a tensor of shape %s, more than the %d elements that fit into memory here:"
                  .formatted(Arrays.toString(dims), most)
              + " give a smaller input, or more memory with -Xmx");
    }
  }

  /** The shape that inputs broadcast to. */
  Shape broadcast(Shape a, Shape b) {
    try {
      Shape both = Shape.broadcast(a, b);
      return shape(both.dims());
    } catch (InvalidInputException e) {
      throw e;
    } catch (IllegalArgumentException _) {
      throw wrong("has inputs of shapes %s and %s, which do not broadcast".formatted(a, b));
    }
  }

  /** The common type of these inputs. */
  ElementType sameType(List<NdArray> arrays) {
    ElementType type = arrays.getFirst().type();
    if (arrays.stream().anyMatch(a -> a.type() != type)) {
      throw wrong(
          "needs inputs of one element type, not "
              + arrays.stream().map(NdArray::toString).collect(Collectors.joining(", ")));
    }
    return type;
  }

  void requireRank(NdArray array, int least, int most) {
    if (array.rank() < least || array.rank() > most) {
      throw wrong(
          "needs a tensor of %s dimensions, not %s"
              .formatted(least == most ? "" + least : least + " to " + most, array));
    }
  }

  void requireFloating(NdArray array) {
    if (!array.type().isFloating()) {
      throw wrong("needs floating-point numbers, not " + array);
    }
  }

  void require(boolean holds, String otherwise) {
    if (!holds) {
      throw wrong(otherwise);
    }
  }

  /** An error for mismatched inputs: a sentence that begins with the node. */
  InvalidInputException wrong(String what) {
    return new InvalidInputException(node.title() + " " + what);
  }

  /** An error for valid but unsupported features. */
  UnsupportedOnnxException unsupported(String what) {
    return new UnsupportedOnnxException(node.title() + " " + what);
  }
}
