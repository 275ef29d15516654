package org.diffusionnft.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.diffusionnft.onnx.operator.Operators;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.ConvolutionKernels.Step;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.OnnxAttribute;
import org.diffusionnft.weights.onnx.OnnxNode;
import org.jspecify.annotations.Nullable;

/**
 * Fuses elementwise nodes into the preceding convolution, which applies them while the values are
 * still in the processor's cache. Operations with constants, scalar or per filter, including batch
 * norms, are folded into weights and bias, or after the first non-linear function into a step.
 * Networks often write an activation as several nodes, each of which would otherwise read and write
 * memory again.
 */
final class Fusion {
  private final long opset;
  private final Map<String, Value> constants;
  private final List<Plan.Step> steps;
  private final Map<String, Set<Integer>> users = new HashMap<>();
  private final Set<String> kept = new HashSet<>();
  private final Set<Integer> gone = new HashSet<>();

  private Fusion(
      long opset, Map<String, Value> constants, List<Plan.Step> steps, Set<String> outputs) {
    this.opset = opset;
    this.constants = constants;
    this.steps = steps;
    this.kept.addAll(outputs);
    for (int i = 0; i < steps.size(); i++) {
      for (String name : Plan.needs(steps.get(i).node())) {
        users.computeIfAbsent(name, _ -> new LinkedHashSet<>()).add(i);
      }
    }
  }

  /**
   * The steps after fusion.
   *
   * @param constants by name; those of fused convolutions are added
   * @param outputs outputs of the graph
   */
  static List<Plan.Step> of(
      long opset, Map<String, Value> constants, List<Plan.Step> steps, Set<String> outputs) {
    Fusion fusion = new Fusion(opset, constants, steps, outputs);
    List<Plan.Step> fused = new ArrayList<>(steps);
    for (int i = 0; i < steps.size(); i++) {
      Plan.Step step = fusion.fused(steps.get(i));
      if (step != null) {
        fused.set(i, step);
      }
    }
    List<Plan.Step> left = new ArrayList<>();
    for (int i = 0; i < fused.size(); i++) {
      if (!fusion.gone.contains(i)) {
        left.add(fused.get(i));
      }
    }
    return left;
  }

  /** The nodes found after a convolution. */
  private static final class Chain {
    private final double[] factor;
    private final double[] addend;
    private final int rank;
    private final List<Step> then = new ArrayList<>();
    private String value;

    Chain(int filters, int rank, String value) {
      this.factor = new double[filters];
      this.addend = new double[filters];
      this.rank = rank;
      this.value = value;
      Arrays.fill(factor, 1);
    }

    /** Adds a scale and a shift, per filter or for all. */
    boolean linear(double[] times, double[] plus) {
      if (then.isEmpty()) {
        for (int i = 0; i < factor.length; i++) {
          double f = times[times.length == 1 ? 0 : i];
          factor[i] *= f;
          addend[i] = addend[i] * f + plus[plus.length == 1 ? 0 : i];
        }
        return true;
      }
      if (times.length > 1 || plus.length > 1) {
        return false;
      }
      Step last = then.getLast();
      if (last.op() == UnaryOp.AFFINE) {
        then.set(
            then.size() - 1,
            new Step(UnaryOp.AFFINE, last.a() * times[0], last.b() * times[0] + plus[0]));
      } else {
        then.add(new Step(UnaryOp.AFFINE, times[0], plus[0]));
      }
      return true;
    }
  }

  private Plan.@Nullable Step fused(Plan.Step step) {
    OnnxNode node = step.node();
    boolean transposed = node.operator().equals("ConvTranspose");
    boolean convolution = transposed || node.operator().equals("Conv");
    if (!convolution || !node.domain().isEmpty() || node.inputs().size() < 2) {
      return null;
    }
    NdArray weight = floats(node.inputs().get(1));
    boolean biased = node.inputs().size() > 2 && !node.inputs().get(2).isEmpty();
    NdArray bias = biased ? floats(node.inputs().get(2)) : null;
    if (weight == null || weight.rank() < 3 || weight.count() == 0 || (biased && bias == null)) {
      return null;
    }
    int filters = weight.dim(0);
    if (transposed) {
      if (node.attributes().get("group") instanceof OnnxAttribute.OfInt(long group) && group != 1) {
        return null;
      }
      filters = weight.dim(1);
    }
    String name = node.outputs().getFirst();
    String weightName = name + " fused weight";
    String biasName = name + " fused bias";
    if ((bias != null && bias.count() != filters)
        || constants.containsKey(weightName)
        || constants.containsKey(biasName)) {
      return null;
    }
    Chain chain = new Chain(filters, weight.rank(), name);
    while (follow(chain)) {}
    if (chain.value.equals(name)) {
      return null;
    }
    boolean same = Arrays.stream(chain.factor).allMatch(f -> f == 1);
    if (!same) {
      constants.put(weightName, scaled(weight, chain.factor, transposed));
    }
    constants.put(biasName, biases(bias, chain));
    OnnxNode whole =
        new OnnxNode(
            node.name(),
            "",
            node.operator(),
            List.of(node.inputs().getFirst(), same ? node.inputs().get(1) : weightName, biasName),
            List.of(chain.value),
            node.attributes());
    return new Plan.Step(
        whole, Operators.convolution(transposed, List.copyOf(chain.then)), new ArrayList<>());
  }

  private static NdArray scaled(NdArray weight, double[] factor, boolean transposed) {
    float[] values = weight.floats().clone();
    int filters = factor.length;
    int inner = values.length / (transposed ? weight.dim(0) * filters : filters);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor[i / inner % filters]);
    }
    return NdArray.floats(weight.shape(), values).asConstant();
  }

  private static NdArray biases(@Nullable NdArray bias, Chain chain) {
    float[] values = new float[chain.factor.length];
    for (int i = 0; i < values.length; i++) {
      double given = bias == null ? 0 : bias.floats()[i];
      values[i] = (float) (given * chain.factor[i] + chain.addend[i]);
    }
    return NdArray.floats(Shape.of(values.length), values).asConstant();
  }

  /** Adds the next node to the chain, if it can be fused. */
  private boolean follow(Chain chain) {
    if (kept.contains(chain.value)) {
      return false;
    }
    List<Integer> next = List.copyOf(users.getOrDefault(chain.value, Set.of()));
    if (next.size() == 1) {
      OnnxNode node = node(next.getFirst());
      return node.outputs().size() == 1 && taken(chain, node) && drop(chain, next, node);
    }
    return next.size() == 2 && (hardSwish(chain, next) || swish(chain, next));
  }

  private boolean drop(Chain chain, List<Integer> nodes, OnnxNode last) {
    gone.addAll(nodes);
    chain.value = last.outputs().getFirst();
    return true;
  }

  private OnnxNode node(int i) {
    return steps.get(i).node();
  }

  private boolean taken(Chain chain, OnnxNode node) {
    if (!node.domain().isEmpty()) {
      return false;
    }
    return switch (node.operator()) {
      case "Add", "Sub", "Mul", "Div" -> arithmetic(chain, node);
      case "BatchNormalization" -> batchNorm(chain, node);
      case "Relu" -> chain.then.add(new Step(UnaryOp.RELU, 0, 0));
      case "Sigmoid" -> chain.then.add(new Step(UnaryOp.SIGMOID, 0, 0));
      case "Tanh" -> chain.then.add(new Step(UnaryOp.TANH, 0, 0));
      case "HardSwish" -> chain.then.add(new Step(UnaryOp.HARD_SWISH, 0, 0));
      case "HardSigmoid" -> hardSigmoid(chain, node);
      case "Clip" -> {
        double[] bounds = bounds(node);
        yield bounds != null && chain.then.add(new Step(UnaryOp.CLAMP, bounds[0], bounds[1]));
      }
      default -> false;
    };
  }

  private boolean arithmetic(Chain chain, OnnxNode node) {
    if (node.inputs().size() != 2 || !node.attributes().isEmpty()) {
      return false;
    }
    boolean first = node.inputs().getFirst().equals(chain.value);
    if (first && node.inputs().get(1).equals(chain.value)) {
      return false;
    }
    double[] c = perFilter(chain, node.inputs().get(first ? 1 : 0));
    if (c == null) {
      return false;
    }
    double[] one = {1};
    double[] zero = {0};
    return switch (node.operator()) {
      case "Add" -> chain.linear(one, c);
      case "Sub" ->
          first ? chain.linear(one, each(c, v -> -v)) : chain.linear(each(one, v -> -v), c);
      case "Mul" -> chain.linear(c, zero);
      default ->
          first
              && Arrays.stream(c).allMatch(v -> Double.isFinite(1 / v))
              && chain.linear(each(c, v -> 1 / v), zero);
    };
  }

  private static double[] each(double[] values, DoubleUnaryOperator function) {
    return Arrays.stream(values).map(function).toArray();
  }

  /** A constant that is a scalar or has one number per filter; null otherwise. */
  private double @Nullable [] perFilter(Chain chain, String name) {
    NdArray array = floats(name);
    if (array == null || array.rank() > chain.rank) {
      return null;
    }
    double[] values = array.toDoubles();
    if (!Arrays.stream(values).allMatch(Double::isFinite)) {
      return null;
    }
    if (values.length == 1) {
      return values;
    }
    int axis = array.rank() - (chain.rank - 1); // the filter axis of the result
    boolean fits =
        axis >= 0 && array.dim(axis) == values.length && values.length == chain.factor.length;
    return fits ? values : null;
  }

  private boolean batchNorm(Chain chain, OnnxNode node) {
    boolean training =
        node.attributes().get("training_mode") instanceof OnnxAttribute.OfInt(long mode)
            && mode != 0;
    if (node.inputs().size() != 5 || training) {
      return false;
    }
    double[][] given = new double[4][];
    for (int i = 0; i < 4; i++) {
      NdArray array = floats(node.inputs().get(i + 1));
      if (array == null || array.count() != chain.factor.length) {
        return false;
      }
      given[i] = array.toDoubles();
    }
    double eps = number(node, "epsilon", 1e-5f);
    double[] factor = new double[chain.factor.length];
    double[] addend = new double[chain.factor.length];
    for (int i = 0; i < factor.length; i++) {
      factor[i] = given[0][i] / Math.sqrt(given[3][i] + eps);
      addend[i] = given[1][i] - given[2][i] * factor[i];
      if (!Double.isFinite(factor[i]) || !Double.isFinite(addend[i])) {
        return false;
      }
    }
    return chain.linear(factor, addend);
  }

  private static boolean hardSigmoid(Chain chain, OnnxNode node) {
    double alpha = number(node, "alpha", 0.2f);
    double beta = number(node, "beta", 0.5f);
    return chain.linear(new double[] {alpha}, new double[] {beta})
        && chain.then.add(new Step(UnaryOp.CLAMP, 0, 1));
  }

  /** The limits of a Clip, if they are constant. */
  private double @Nullable [] bounds(OnnxNode node) {
    double low = Double.NEGATIVE_INFINITY;
    double high = Double.POSITIVE_INFINITY;
    if (opset < 11) {
      return new double[] {
        number(node, "min", -Float.MAX_VALUE), number(node, "max", Float.MAX_VALUE)
      };
    }
    for (int i = 1; i < node.inputs().size(); i++) {
      if (node.inputs().get(i).isEmpty()) {
        continue;
      }
      NdArray bound = floats(node.inputs().get(i));
      if (bound == null || bound.count() != 1) {
        return null;
      }
      low = i == 1 ? bound.floats()[0] : low;
      high = i == 2 ? bound.floats()[0] : high;
    }
    return new double[] {low, high};
  }

  /** {@code x * clip(x + 3, 0, 6) / 6} in four nodes. */
  private boolean hardSwish(Chain chain, List<Integer> next) {
    for (int i = 0; i < 2; i++) {
      int add = next.get(i);
      int mul = next.get(1 - i);
      int clip = only(add, "Add", chain.value, 3);
      int again = clip < 0 || !isClip06(node(clip)) ? -1 : only(clip);
      if (again != mul || !isProduct(node(mul), chain.value, node(clip).outputs().getFirst())) {
        continue;
      }
      int last = only(mul);
      if (last >= 0 && isSixth(node(last), node(mul).outputs().getFirst())) {
        chain.then.add(new Step(UnaryOp.HARD_SWISH, 0, 0));
        return drop(chain, List.of(add, clip, mul, last), node(last));
      }
    }
    return false;
  }

  /** {@code x * sigmoid(x)} in two nodes, or in three of which one multiplies by 1. */
  private boolean swish(Chain chain, List<Integer> next) {
    for (int i = 0; i < 2; i++) {
      int first = next.get(i);
      int mul = next.get(1 - i);
      List<Integer> nodes = new ArrayList<>(List.of(first, mul));
      int sigmoid = first;
      if (isOperator(node(first), "Mul")) {
        sigmoid = only(first, "Mul", chain.value, 1);
        nodes.add(sigmoid);
      }
      if (sigmoid >= 0
          && isOperator(node(sigmoid), "Sigmoid")
          && only(sigmoid) == mul
          && isProduct(node(mul), chain.value, node(sigmoid).outputs().getFirst())) {
        chain.then.add(new Step(UnaryOp.SILU, 0, 0));
        return drop(chain, nodes, node(mul));
      }
    }
    return false;
  }

  private static boolean isOperator(OnnxNode node, String operator) {
    return node.domain().isEmpty() && node.operator().equals(operator);
  }

  /** The only step that uses a step's result; -1 if there is none or another use. */
  private int only(int step) {
    OnnxNode node = node(step);
    String made = node.outputs().getFirst();
    Set<Integer> next = users.getOrDefault(made, Set.of());
    boolean one = node.outputs().size() == 1 && next.size() == 1 && !kept.contains(made);
    return one ? next.iterator().next() : -1;
  }

  /** The only user of a step that combines a value with a number. */
  private int only(int step, String operator, String value, double number) {
    OnnxNode node = node(step);
    return isOperator(node, operator) && isWith(node, value, number) ? only(step) : -1;
  }

  private boolean isWith(OnnxNode node, String value, double number) {
    List<String> in = node.inputs();
    return in.size() == 2
        && node.attributes().isEmpty()
        && ((in.getFirst().equals(value) && isNumber(in.get(1), number))
            || (in.get(1).equals(value) && isNumber(in.getFirst(), number)));
  }

  private boolean isNumber(String name, double number) {
    NdArray array = floats(name);
    return array != null
        && array.count() == 1
        && array.rank() <= 1
        && array.floats()[0] == (float) number;
  }

  private boolean isClip06(OnnxNode node) {
    if (!isOperator(node, "Clip")) {
      return false;
    }
    double[] bounds = bounds(node);
    return bounds != null && bounds[0] == 0 && bounds[1] == 6;
  }

  private static boolean isProduct(OnnxNode node, String x, String y) {
    List<String> in = node.inputs();
    return isOperator(node, "Mul")
        && node.attributes().isEmpty()
        && (in.equals(List.of(x, y)) || in.equals(List.of(y, x)));
  }

  private boolean isSixth(OnnxNode node, String value) {
    return (isOperator(node, "Div")
            && node.attributes().isEmpty()
            && node.inputs().size() == 2
            && node.inputs().getFirst().equals(value)
            && isNumber(node.inputs().get(1), 6))
        || (isOperator(node, "Mul") && isWith(node, value, 1f / 6));
  }

  private @Nullable NdArray floats(String name) {
    return constants.get(name) instanceof NdArray array && array.type() == ElementType.FLOAT
        ? array
        : null;
  }

  private static double number(OnnxNode node, String name, float orElse) {
    return node.attributes().get(name) instanceof OnnxAttribute.OfFloat(float value)
        ? value
        : orElse;
  }
}
