package org.diffusionnft.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.diffusionnft.onnx.operator.Operators;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.OnnxAttribute;
import org.diffusionnft.weights.onnx.OnnxGraph;
import org.diffusionnft.weights.onnx.OnnxModel;
import org.diffusionnft.weights.onnx.OnnxNode;
import org.diffusionnft.weights.onnx.OnnxTensor;
import org.diffusionnft.weights.onnx.OnnxType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nodes behind a convolution, taken into it or not: the same numbers. Where every value is an
 * output of the graph, nothing can be taken.
 */
class FusionTest {
  private static final int FILTERS = 4;

  private final Random random = new Random(11);
  private final Map<String, OnnxTensor> constants = new LinkedHashMap<>();
  private final List<OnnxNode> nodes = new ArrayList<>();

  private String constant(long... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.5f + random.nextFloat();
    }
    return constant(shape, values);
  }

  private String constant(Shape shape, float... values) {
    String name = "c" + constants.size();
    constants.put(name, new OnnxTensor(name, ElementType.FLOAT, shape, null, values));
    return name;
  }

  private String number(float value) {
    return constant(Shape.of(), value);
  }

  private String node(String operator, String... inputs) {
    return node(operator, Map.of(), inputs);
  }

  private String node(String operator, Map<String, OnnxAttribute> more, String... inputs) {
    String output = "v" + nodes.size();
    nodes.add(new OnnxNode("", "", operator, List.of(inputs), List.of(output), more));
    return output;
  }

  private String convolution() {
    return node("Conv", "x", constant(FILTERS, 3, 3, 3), constant(FILTERS));
  }

  private OnnxModel model(List<String> outputs) {
    OnnxType type = new OnnxType.OfTensor(ElementType.FLOAT, null);
    OnnxGraph graph =
        new OnnxGraph(
            "",
            List.of(new OnnxGraph.Port("x", type)),
            outputs.stream().map(name -> new OnnxGraph.Port(name, null)).toList(),
            constants,
            nodes);
    return new OnnxModel(Path.of("m.onnx"), Map.of("", 17L), graph);
  }

  /**
   * How many steps are left when only the last value is an output; the numbers must be the same.
   */
  private int stepsLeft() {
    List<String> all = nodes.stream().map(n -> n.outputs().getFirst()).toList();
    String last = all.getLast();
    float[] pixels = new float[2 * 3 * 6 * 7];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextGaussian();
    }
    Map<String, Value> x = Map.of("x", NdArray.floats(Shape.of(2, 3, 6, 7), pixels));
    try (ReferenceDevice device = new ReferenceDevice()) {
      NdArray plain = (NdArray) OnnxNetwork.of(model(all), device).run(x).get(last);
      NdArray fused = (NdArray) OnnxNetwork.of(model(List.of(last)), device).run(x).get(last);
      assertEquals(plain.shape(), fused.shape());
      float largest = 1;
      for (float v : plain.floats()) {
        largest = Math.max(largest, Math.abs(v));
      }
      assertArrayEquals(plain.floats(), fused.floats(), 4e-6f * largest);
    }
    return Fusion.of(17, values(), steps(), Set.of(last)).size();
  }

  private Map<String, Value> values() {
    Map<String, Value> values = new HashMap<>();
    constants.forEach((name, tensor) -> values.put(name, NdArray.of(tensor)));
    return values;
  }

  private List<Plan.Step> steps() {
    return nodes.stream()
        .map(n -> new Plan.Step(n, Operators.named("", n.operator()), new ArrayList<>()))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  @Test
  void constantsAndBatchNorm() {
    String v = node("Mul", constant(1), convolution());
    v = node("Add", v, constant(FILTERS, 1, 1));
    v = node("Sub", number(3), v);
    v =
        node(
            "BatchNormalization",
            v,
            constant(FILTERS),
            constant(FILTERS),
            constant(FILTERS),
            constant(FILTERS));
    v = node("Div", v, constant(1, FILTERS, 1, 1));
    node("Relu", v);
    assertEquals(1, stepsLeft());
  }

  @Test
  void hardSwishInFourNodes() {
    String v = convolution();
    String clipped = node("Clip", node("Add", v, number(3)), number(0), number(6));
    String swished = node("Div", node("Mul", v, clipped), number(6));
    node("Add", node("Mul", constant(1), swished), constant(1));
    assertEquals(1, stepsLeft());
  }

  @Test
  void swishInThreeNodes() {
    String v = convolution();
    node("Mul", v, node("Sigmoid", node("Mul", v, number(1))));
    assertEquals(1, stepsLeft());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Sigmoid", "Tanh", "HardSwish", "HardSigmoid"})
  void functions(String operator) {
    node("Mul", node(operator, convolution()), number(2));
    assertEquals(1, stepsLeft());
  }

  @Test
  void transposedConvolution() {
    Map<String, OnnxAttribute> strides =
        Map.of("strides", new OnnxAttribute.OfInts(new long[] {2, 2}));
    String v = node("ConvTranspose", strides, "x", constant(3, FILTERS, 2, 2));
    v = node("Add", v, constant(1, FILTERS, 1, 1));
    node("Relu", node("Mul", v, constant(FILTERS, 1, 1)));
    assertEquals(1, stepsLeft());
  }

  @Test
  void overlappingTransposedConvolution() {
    String v = node("ConvTranspose", "x", constant(3, FILTERS, 3, 3));
    node("Relu", node("Mul", v, constant(FILTERS, 1, 1)));
    assertEquals(1, stepsLeft());
  }

  /** A value that is used elsewhere, a constant of another shape, a clip that is none: left. */
  @Test
  void whatCannotBeTakenIsLeft() {
    String v = node("Add", convolution(), constant(6 - 2, 7 - 2)); // one for each pixel
    String w = node("Relu", v);
    node("Add", node("Mul", w, number(2)), w);
    assertEquals(5, stepsLeft());
    nodes.clear();
    v = convolution();
    String clipped = node("Clip", node("Add", v, number(3)), number(0), number(5));
    node("Div", node("Mul", v, clipped), number(6));
    assertEquals(5, stepsLeft());
    nodes.clear();
    v = node("Relu", convolution());
    node("Mul", v, constant(FILTERS, 1, 1)); // for each filter, behind a function
    assertEquals(2, stepsLeft());
  }

  /** Factors that are no numbers any more are nobody's weights. */
  @Test
  void constantsThatAreNotFiniteAreLeft() {
    node("Mul", convolution(), number(Float.POSITIVE_INFINITY));
    List<Plan.Step> left = Fusion.of(17, values(), steps(), Set.of("v1"));
    assertEquals(2, left.size());
    assertEquals("Mul", left.getLast().node().operator());
  }
}
