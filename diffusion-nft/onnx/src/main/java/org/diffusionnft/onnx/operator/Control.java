package org.diffusionnft.onnx.operator;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;

/** Control flow: subgraphs that are run once, several times or not at all. */
final class Control {
  /** The number of iterations after which a loop is considered endless. */
  private static final long MOST_ROUNDS = 1_000_000;

  private Control() {}

  static List<Row> rows() {
    return List.of(
        Row.of("If", c -> c.body(c.scalar(0) != 0 ? "then_branch" : "else_branch", List.of())),
        Row.of("Loop", Control::loop),
        Row.of("Scan", Control::scan));
  }

  private static NdArray truth(boolean holds) {
    return NdArray.of(ElementType.BOOL, Shape.of(), new long[] {holds ? 1 : 0});
  }

  private static List<Value> loop(Call call) {
    long rounds = call.has(0) ? (long) call.scalar(0) : Long.MAX_VALUE;
    boolean going = !call.has(1) || call.scalar(1) != 0;
    int states = Math.max(0, call.inputs() - 2);
    List<Value> state = new ArrayList<>();
    for (int i = 0; i < states; i++) {
      state.add(call.value(i + 2));
    }
    int collected = call.graph("body").outputs().size() - 1 - states;
    call.require(collected >= 0, "has a body with too few outputs");
    List<List<NdArray>> rows = new ArrayList<>();
    for (int i = 0; i < collected; i++) {
      rows.add(new ArrayList<>());
    }
    for (long round = 0; round < rounds && going; round++) {
      call.require(round < MOST_ROUNDS, "goes round more than " + MOST_ROUNDS + " times");
      List<Value> given = new ArrayList<>();
      given.add(NdArray.of(ElementType.INT64, Shape.of(), new long[] {round}));
      given.add(truth(going));
      given.addAll(state);
      List<Value> made = call.body("body", given);
      NdArray condition = Shaping.array(call, made.getFirst());
      call.require(
          condition.type().isInteger() && condition.count() == 1,
          "needs one truth value as its body's first output, not " + condition);
      going = condition.longs()[0] != 0;
      state = new ArrayList<>(made.subList(1, 1 + states));
      for (int i = 0; i < collected; i++) {
        rows.get(i).add(Shaping.array(call, made.get(1 + states + i)));
      }
    }
    List<Value> out = new ArrayList<>(state);
    for (List<NdArray> row : rows) {
      out.add(stacked(call, row, 0));
    }
    return out;
  }

  /** Stacks arrays of the same shape along a new axis. */
  static NdArray stacked(Call call, List<NdArray> rows, int axis) {
    if (rows.isEmpty()) {
      return NdArray.zeros(ElementType.FLOAT, Shape.of(0));
    }
    List<NdArray> wide =
        rows.stream().map(r -> r.reshape(Strided.inserted(r.shape(), axis, 1))).toList();
    return Shaping.concat(call, wide, axis);
  }

  private static List<Value> scan(Call call) {
    if (call.opset() < 9) {
      return batchedScan(call);
    }
    int count = call.toInt(call.integer("num_scan_inputs"), "num_scan_inputs");
    int states = call.inputs() - count;
    call.require(count > 0 && states >= 0, "has fewer inputs than num_scan_inputs");
    List<Value> state = new ArrayList<>();
    for (int i = 0; i < states; i++) {
      state.add(call.value(i));
    }
    int[] axes = call.ints("scan_input_axes", count, 0);
    int[] directions = call.ints("scan_input_directions", count, 0);
    List<NdArray> scanned = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      NdArray x = call.in(states + i);
      axes[i] = call.axis(axes[i], x.rank());
      call.require(
          x.dim(axes[i]) == call.in(states).dim(axes[0]), "scans inputs of different lengths");
      scanned.add(x);
    }
    int made = call.graph("body").outputs().size() - states;
    call.require(made >= 0, "has a body with too few outputs");
    int[] outAxes = call.ints("scan_output_axes", made, 0);
    int[] outDirections = call.ints("scan_output_directions", made, 0);
    List<Value> out = scanned(call, state, scanned, axes, directions, made, outDirections, outAxes);
    return out;
  }

  private static List<Value> scanned(
      Call call,
      List<Value> start,
      List<NdArray> scanned,
      int[] axes,
      int[] directions,
      int made,
      int[] outDirections,
      int[] outAxes) {
    List<Value> state = start;
    List<List<NdArray>> rows = new ArrayList<>();
    for (int i = 0; i < made; i++) {
      rows.add(new ArrayList<>());
    }
    int length = scanned.getFirst().dim(axes[0]);
    for (int t = 0; t < length; t++) {
      List<Value> given = new ArrayList<>(state);
      for (int i = 0; i < scanned.size(); i++) {
        int at = directions[i] == 0 ? t : length - 1 - t;
        NdArray slice = Shaping.cut(scanned.get(i), axes[i], at, 1);
        given.add(slice.reshape(Strided.without(slice.shape(), axes[i])));
      }
      List<Value> results = call.body("body", given);
      state = new ArrayList<>(results.subList(0, start.size()));
      for (int i = 0; i < made; i++) {
        NdArray row = Shaping.array(call, results.get(start.size() + i));
        rows.get(i).add(outDirections[i] == 0 ? rows.get(i).size() : 0, row);
      }
    }
    List<Value> out = new ArrayList<>(state);
    for (int i = 0; i < made; i++) {
      int rank = rows.get(i).isEmpty() ? 1 : rows.get(i).getFirst().rank() + 1;
      out.add(stacked(call, rows.get(i), call.axis(outAxes[i], rank)));
    }
    return out;
  }

  /** In operator set 8, Scan had a batch axis and an optional first input of lengths. */
  private static List<Value> batchedScan(Call call) {
    call.require(!call.has(0), "has sequences of different lengths, which are not supported");
    int count = call.toInt(call.integer("num_scan_inputs"), "num_scan_inputs");
    int states = call.inputs() - 1 - count;
    int made = call.graph("body").outputs().size() - states;
    call.require(count > 0 && states >= 0 && made >= 0, "has too few inputs or outputs");
    int batch = call.in(call.inputs() - 1).dim(0);
    List<List<NdArray>> all = new ArrayList<>();
    for (int b = 0; b < batch; b++) {
      List<Value> state = new ArrayList<>();
      List<NdArray> scanned = new ArrayList<>();
      for (int i = 1; i < call.inputs(); i++) {
        NdArray one = Shaping.cut(call.in(i), 0, b, 1);
        NdArray x = one.reshape(Strided.without(one.shape(), 0));
        if (i - 1 < states) {
          state.add(x);
        } else {
          scanned.add(x);
        }
      }
      List<Value> results =
          scanned(
              call,
              state,
              scanned,
              new int[count],
              call.ints("directions", count, 0),
              made,
              new int[made],
              new int[made]);
      for (int i = 0; i < results.size(); i++) {
        if (b == 0) {
          all.add(new ArrayList<>());
        }
        all.get(i).add(Shaping.array(call, results.get(i)));
      }
    }
    List<Value> out = new ArrayList<>();
    all.forEach(rows -> out.add(stacked(call, rows, 0)));
    return out;
  }
}
