package org.diffusionnft.onnx;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.diffusionnft.onnx.operator.Call;
import org.diffusionnft.onnx.operator.Operators;
import org.diffusionnft.onnx.operator.Row;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Storage;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.onnx.OnnxAttribute;
import org.diffusionnft.weights.onnx.OnnxGraph;
import org.diffusionnft.weights.onnx.OnnxModel;
import org.diffusionnft.weights.onnx.OnnxNode;
import org.diffusionnft.weights.onnx.OnnxTensor;
import org.diffusionnft.weights.onnx.UnsupportedOnnxException;
import org.jspecify.annotations.Nullable;

/**
 * A checked graph in execution order: every operator is known, and every value is produced before
 * it is used, and by only one node. What does not depend on an input is computed ahead (constant
 * folding).
 */
final class Plan {
  /** Larger results are not computed ahead, since they would be kept forever. */
  private static final int LARGEST_FOLDED = 1 << 22;

  /**
   * The maximum number of kept result elements, in addition to as many as the file itself has: a
   * small file cannot make a large plan. It is the same on every machine, since folding affects the
   * last bits of results.
   */
  private static final long MOST_FOLDED = 1L << 24;

  /** The number of subgraph runs in one run after which loops are considered endless. */
  private static final long MOST_BODIES = 1_000_000;

  /** The newest supported operator set. */
  private static final long NEWEST = 28;

  private final OnnxModel model;
  private final Device device;
  private final OnnxGraph graph;
  private final Map<String, Value> constants = new HashMap<>();
  private List<Step> steps = new ArrayList<>();
  private final Map<OnnxGraph, Plan> bodies = new IdentityHashMap<>();
  private final Room room;

  /** The remaining number of result elements that may be kept; shared by all graphs of a model. */
  private static final class Room {
    private long left = MOST_FOLDED;
  }

  /** A run's use of device memory, and its number of subgraph runs. */
  private static final class Running {
    private final Map<Storage, Integer> uses = new IdentityHashMap<>();
    private long bodies;
  }

  /**
   * A node, and the values that can be freed after it.
   *
   * @param dead values that are not needed afterwards
   */
  record Step(OnnxNode node, Row row, List<String> dead) {}

  private Plan(OnnxModel model, Device device, OnnxGraph graph, Room room) {
    this.model = model;
    this.device = device;
    this.graph = graph;
    this.room = room;
  }

  static Plan of(OnnxModel model, Device device) {
    long opset = model.opsets().getOrDefault("", 1L);
    if (opset > NEWEST) {
      throw new UnsupportedOnnxException(
          "needs operator set %d, and those up to %d are supported: export it for one of them"
              .formatted(opset, NEWEST));
    }
    requireOperators(model);
    return of(model, device, model.graph(), Map.of(), Set.of(), new Room());
  }

  private static Plan of(
      OnnxModel model,
      Device device,
      OnnxGraph graph,
      Map<String, Value> outerConstants,
      Set<String> outer,
      Room room) {
    Plan plan = new Plan(model, device, graph, room);
    plan.constants.putAll(outerConstants);
    graph.inputs().forEach(port -> plan.constants.remove(port.name()));
    graph.nodes().forEach(node -> node.outputs().forEach(plan.constants::remove)); // shadowed
    for (Map.Entry<String, OnnxTensor> e : graph.initializers().entrySet()) {
      plan.constants.put(e.getKey(), NdArray.of(e.getValue()));
      room.left += e.getValue().shape().elements();
    }
    plan.order(outer);
    return plan;
  }

  /** Reports every missing operator, with the first node that uses it. */
  private static void requireOperators(OnnxModel model) {
    Map<String, String> missing = new TreeMap<>();
    find(model, model.graph(), missing);
    if (!missing.isEmpty()) {
      throw new UnsupportedOnnxException(
          "has %s not supported: %s"
              .formatted(
                  missing.size() == 1 ? "an operator that is" : "operators that are",
                  missing.entrySet().stream()
                      .map(e -> e.getKey() + " (wanted by " + e.getValue() + ")")
                      .collect(Collectors.joining(", "))));
    }
  }

  private static void find(OnnxModel model, OnnxGraph graph, Map<String, String> missing) {
    for (OnnxNode node : graph.nodes()) {
      if (Operators.named(node.domain(), node.operator()) == null) {
        missing.putIfAbsent(node.qualified(), node.title());
      } else if (!model.opsets().containsKey(node.domain())) {
        throw new InvalidInputException(
            "%s is of an operator set that the model does not name: export it again"
                .formatted(node.title()));
      }
      for (OnnxAttribute attribute : node.attributes().values()) {
        if (attribute instanceof OnnxAttribute.OfGraph(OnnxGraph body)) {
          find(model, body, missing);
        }
      }
    }
  }

  private void order(Set<String> outer) {
    Set<String> known = new HashSet<>(outer);
    known.addAll(constants.keySet());
    graph.inputs().forEach(port -> known.add(port.name()));
    Set<String> given = new HashSet<>(graph.initializers().keySet());
    graph.inputs().forEach(port -> given.add(port.name()));
    Set<String> made = new HashSet<>();
    for (OnnxNode node : graph.nodes()) {
      for (String output : node.outputs()) {
        if (given.contains(output)) {
          throw new InvalidInputException(
              "%s makes the value %s, which the graph has already"
                  .formatted(node.title(), quote(output)));
        }
        if (!output.isEmpty() && !made.add(output)) {
          throw new InvalidInputException("value %s is made by two nodes".formatted(quote(output)));
        }
      }
    }
    for (OnnxNode node : graph.nodes()) {
      Set<String> needs = needs(node);
      for (String name : needs) {
        if (!known.contains(name)) {
          throw new InvalidInputException(
              made.contains(name)
                  ? "%s needs the value %s, which is made after it: the graph goes in a circle or is"
                          .formatted(node.title(), quote(name))
                      + " out of order"
                  : "%s needs the value %s, which nothing makes"
                      .formatted(node.title(), quote(name)));
        }
      }
      known.addAll(node.outputs());
      add(node, needs, known);
    }
    for (OnnxGraph.Port output : graph.outputs()) {
      if (!known.contains(output.name())) {
        throw new InvalidInputException(
            "the output %s is made by no node".formatted(quote(output.name())));
      }
    }
    Set<String> outputs = new HashSet<>();
    graph.outputs().forEach(port -> outputs.add(port.name()));
    steps = Fusion.of(model.opsets().getOrDefault("", 1L), constants, steps, outputs);
    markDead();
  }

  /** Names of a node's input values, including outer values that its subgraphs use. */
  static Set<String> needs(OnnxNode node) {
    Set<String> needs = new LinkedHashSet<>(node.inputs());
    needs.remove("");
    for (OnnxAttribute attribute : node.attributes().values()) {
      if (attribute instanceof OnnxAttribute.OfGraph(OnnxGraph body)) {
        needs.addAll(captured(body));
      }
    }
    return needs;
  }

  private static Set<String> captured(OnnxGraph body) {
    Set<String> own = new HashSet<>(body.initializers().keySet());
    body.inputs().forEach(port -> own.add(port.name()));
    body.nodes().forEach(node -> own.addAll(node.outputs()));
    Set<String> captured = new LinkedHashSet<>();
    for (OnnxNode node : body.nodes()) {
      needs(node).stream().filter(name -> !own.contains(name)).forEach(captured::add);
    }
    body.outputs().stream()
        .map(OnnxGraph.Port::name)
        .filter(name -> !own.contains(name))
        .forEach(captured::add);
    return captured;
  }

  private void add(OnnxNode node, Set<String> needs, Set<String> known) {
    Row row = Operators.named(node.domain(), node.operator());
    if (row == null) {
      throw new IllegalStateException("operators were not checked");
    }
    for (OnnxAttribute attribute : node.attributes().values()) {
      if (attribute instanceof OnnxAttribute.OfGraph(OnnxGraph body)) {
        bodies.put(body, of(model, device, body, constants, known, room));
      }
    }
    if (!row.random() && constants.keySet().containsAll(needs)) {
      List<Value> values = run(node, row, constants, new Running());
      boolean given = node.operator().equals("Constant"); // it is in the file anyway
      long size = given ? -elements(values) : elements(values);
      if (given || (size <= room.left && values.stream().allMatch(Plan::isSmall))) {
        room.left -= size;
        for (int i = 0; i < node.outputs().size(); i++) {
          constants.put(node.outputs().get(i), constant(values.get(i)));
        }
        return;
      }
    }
    steps.add(new Step(node, row, new ArrayList<>()));
  }

  private static long elements(List<Value> values) {
    long sum = 0;
    for (Value value : values) {
      sum +=
          switch (value) {
            case NdArray array -> array.count();
            case Value.Sequence(List<Value> items) -> elements(items);
            case Value.Perhaps(var item) -> item == null ? 0 : elements(List.of(item));
          };
    }
    return sum;
  }

  private static boolean isSmall(Value value) {
    return switch (value) {
      case NdArray array -> array.count() <= LARGEST_FOLDED;
      case Value.Sequence(List<Value> items) -> items.stream().allMatch(Plan::isSmall);
      case Value.Perhaps(var item) -> item == null || isSmall(item);
    };
  }

  private static Value constant(Value value) {
    return value instanceof NdArray array ? array.asConstant() : value;
  }

  private void markDead() {
    Set<String> needed = new HashSet<>();
    graph.outputs().forEach(port -> needed.add(port.name()));
    for (Step step : steps.reversed()) {
      Set<String> uses = new LinkedHashSet<>(needs(step.node()));
      uses.addAll(step.node().outputs());
      uses.stream().filter(needed::add).forEach(step.dead()::add);
    }
  }

  /** Frees the constants' device memory. */
  void release() {
    bodies.values().forEach(Plan::release);
    for (Value value : constants.values()) {
      if (value instanceof NdArray array) {
        array.release();
      }
    }
  }

  Map<String, Value> run(Map<String, ? extends Value> inputs) {
    return run(inputs, Map.of(), new Running());
  }

  private Map<String, Value> run(
      Map<String, ? extends Value> inputs, Map<String, Value> outer, Running running) {
    Map<Storage, Integer> uses = running.uses;
    Map<String, Value> values = new HashMap<>(outer);
    values.putAll(constants);
    values.putAll(inputs);
    Set<String> mine = new HashSet<>();
    for (Step step : steps) {
      List<Value> made = run(step.node(), step.row(), values, running);
      List<String> names = step.node().outputs();
      for (int i = 0; i < names.size(); i++) {
        values.put(names.get(i), made.get(i));
        mine.add(names.get(i));
        count(made.get(i), uses, 1);
      }
      for (String name : step.dead()) {
        if (mine.contains(name)) {
          count(values.remove(name), uses, -1);
        }
      }
    }
    Map<String, Value> outputs = new LinkedHashMap<>();
    for (OnnxGraph.Port port : graph.outputs()) {
      Value value = values.get(port.name());
      if (value == null) {
        throw new InvalidInputException("the output %s was not made".formatted(quote(port.name())));
      }
      outputs.put(port.name(), value);
    }
    return outputs;
  }

  /** Frees device memory when the last value that uses it is dead. */
  private static void count(@Nullable Value value, Map<Storage, Integer> uses, int change) {
    switch (value) {
      case null -> {}
      case NdArray array -> count(array, uses, change);
      case Value.Sequence(List<Value> items) -> items.forEach(item -> count(item, uses, change));
      case Value.Perhaps(var item) -> count(item, uses, change);
    }
  }

  private static void count(NdArray array, Map<Storage, Integer> uses, int change) {
    Tensor tensor = array.ownTensor();
    if (tensor == null) {
      return;
    }
    // a tensor that a user created from a Java array was never counted
    int left = change > 0 ? 1 : uses.getOrDefault(tensor.storage(), 1) - 1;
    if (change > 0) {
      uses.merge(tensor.storage(), 1, Integer::sum);
    } else if (left > 0) {
      uses.put(tensor.storage(), left);
    } else {
      uses.remove(tensor.storage());
      tensor.release();
      array.forgetTensor();
    }
  }

  private List<Value> run(OnnxNode node, Row row, Map<String, Value> values, Running running) {
    List<@Nullable Value> inputs = new ArrayList<>();
    for (String name : node.inputs()) {
      inputs.add(name.isEmpty() ? null : values.get(name));
    }
    while (!inputs.isEmpty() && inputs.getLast() == null) {
      inputs.removeLast();
    }
    long opset = model.opsets().getOrDefault(node.domain(), 1L);
    Call call =
        new Call(node, opset, inputs, device, (body, given) -> body(body, given, values, running));
    List<Value> made = made(node, row, call);
    if (made.size() < node.outputs().size()) {
      throw new InvalidInputException(
          "%s wants %d outputs and has %d"
              .formatted(node.title(), node.outputs().size(), made.size()));
    }
    return made;
  }

  /** Any failure of an operator on unexpected inputs is reported as an error of the file. */
  private static List<Value> made(OnnxNode node, Row row, Call call) {
    try {
      return row.operator().run(call);
    } catch (InvalidInputException e) {
      throw e;
    } catch (IllegalArgumentException
        | ArithmeticException
        | ClassCastException
        | IndexOutOfBoundsException
        | NegativeArraySizeException e) {
      throw new InvalidInputException(
          "%s cannot do with its inputs what its attributes say (%s)"
              .formatted(node.title(), InvalidFileException.oneLine(e.toString())),
          e);
    }
  }

  private List<Value> body(
      OnnxGraph body, List<Value> given, Map<String, Value> around, Running running) {
    if (running.bodies++ >= MOST_BODIES) {
      throw new InvalidInputException(
          "the graph %s and those beside it are run more than %d times, as loops in loops are"
                  .formatted(quote(body.name()), MOST_BODIES)
              + " that have no end");
    }
    Plan plan = bodies.get(body);
    if (plan == null) {
      throw new IllegalStateException("a graph that was not checked");
    }
    List<OnnxGraph.Port> ports = body.inputs();
    if (ports.size() != given.size()) {
      throw new InvalidInputException(
          "the graph %s takes %d values, not %d"
              .formatted(quote(body.name()), ports.size(), given.size()));
    }
    Map<String, Value> inputs = new HashMap<>();
    for (int i = 0; i < given.size(); i++) {
      inputs.put(ports.get(i).name(), given.get(i));
    }
    return List.copyOf(plan.run(inputs, around, running).values());
  }
}
