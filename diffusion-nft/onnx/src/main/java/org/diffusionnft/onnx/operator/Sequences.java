package org.diffusionnft.onnx.operator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.ElementType;

/** Lists of values, and optional values. */
final class Sequences {
  private Sequences() {}

  static List<Row> rows() {
    return List.of(
        Row.one("SequenceConstruct", c -> new Value.Sequence(List.copyOf(c.all()))),
        Row.one("SequenceEmpty", c -> new Value.Sequence(List.of())),
        Row.one("SequenceLength", c -> number(items(c, 0).size())),
        Row.one("SequenceAt", c -> items(c, 0).get(place(c, 1, items(c, 0).size() - 1))),
        Row.one("SequenceInsert", Sequences::insert),
        Row.one("SequenceErase", Sequences::erase),
        Row.of("SequenceMap", Sequences::map),
        Row.one("SplitToSequence", Sequences::split),
        Row.one("ConcatFromSequence", Sequences::concat),
        Row.one("Optional", c -> new Value.Perhaps(c.has(0) ? c.value(0) : null)),
        Row.one("OptionalHasElement", Sequences::hasElement),
        Row.one("OptionalGetElement", Sequences::element));
  }

  private static NdArray number(long value) {
    return NdArray.of(ElementType.INT64, Shape.of(), new long[] {value});
  }

  private static List<Value> items(Call call, int input) {
    if (call.value(input) instanceof Value.Sequence(List<Value> items)) {
      return items;
    }
    throw call.wrong("needs a sequence as input " + (input + 1));
  }

  /** An index in a sequence; negative ones count from the end. */
  private static int place(Call call, int input, int last) {
    long at = (long) call.scalar(input);
    int size = items(call, 0).size();
    long place = at < 0 ? at + size : at;
    call.require(
        place >= 0 && place <= last, "wants item %d of a sequence of %d".formatted(at, size));
    return (int) place;
  }

  private static Value insert(Call call) {
    List<Value> items = new ArrayList<>(items(call, 0));
    items.add(call.has(2) ? place(call, 2, items.size()) : items.size(), call.value(1));
    return new Value.Sequence(items);
  }

  private static Value erase(Call call) {
    List<Value> items = new ArrayList<>(items(call, 0));
    call.require(!items.isEmpty(), "erases an item of an empty sequence");
    items.remove(call.has(1) ? place(call, 1, items.size() - 1) : items.size() - 1);
    return new Value.Sequence(items);
  }

  private static List<Value> map(Call call) {
    int length = items(call, 0).size();
    List<List<Value>> out = new ArrayList<>();
    for (int o = 0; o < call.outputs(); o++) {
      out.add(new ArrayList<>());
    }
    for (int i = 0; i < length; i++) {
      List<Value> given = new ArrayList<>();
      for (int j = 0; j < call.inputs(); j++) {
        boolean list = call.value(j) instanceof Value.Sequence;
        call.require(
            !list || items(call, j).size() == length, "maps sequences of different lengths");
        given.add(list ? items(call, j).get(i) : call.value(j));
      }
      List<Value> made = call.body("body", given);
      for (int o = 0; o < out.size(); o++) {
        out.get(o).add(made.get(o));
      }
    }
    return out.stream().<Value>map(Value.Sequence::new).toList();
  }

  private static Value split(Call call) {
    NdArray x = call.in(0);
    int axis = call.axis("axis", 0, x.rank());
    int size = x.dim(axis);
    boolean each = !call.has(1);
    long[] parts;
    if (each) {
      parts = new long[size];
      Arrays.fill(parts, 1);
    } else if (call.in(1).rank() == 0) {
      long length = (long) call.scalar(1);
      call.require(length > 0, "splits in parts of " + length);
      parts = new long[(int) Math.ceilDiv(size, length)];
      Arrays.fill(parts, length);
      if (size % length != 0) {
        parts[parts.length - 1] = size % length;
      }
    } else {
      parts = call.longs(1);
      call.require(
          Arrays.stream(parts).allMatch(p -> p >= 0 && p <= size)
              && Arrays.stream(parts).sum() == size,
          "splits %d elements in parts of %s".formatted(size, Arrays.toString(parts)));
    }
    List<Value> out = new ArrayList<>();
    int start = 0;
    for (long part : parts) {
      NdArray cut = Shaping.cut(x, axis, start, (int) part);
      boolean drop = each && !call.flag("keepdims", true);
      out.add(drop ? cut.reshape(Strided.without(cut.shape(), axis)) : cut);
      start += (int) part;
    }
    return new Value.Sequence(out);
  }

  private static Value concat(Call call) {
    List<NdArray> items = items(call, 0).stream().map(v -> Shaping.array(call, v)).toList();
    call.require(!items.isEmpty(), "joins the items of an empty sequence");
    boolean stack = call.flag("new_axis", false);
    int rank = items.getFirst().rank() + (stack ? 1 : 0);
    int axis = call.axis(call.integer("axis"), rank);
    return stack ? Control.stacked(call, items, axis) : Shaping.concat(call, items, axis);
  }

  private static Value hasElement(Call call) {
    boolean has =
        call.has(0) && !(call.value(0) instanceof Value.Perhaps(var item) && item == null);
    return NdArray.of(ElementType.BOOL, Shape.of(), new long[] {has ? 1 : 0});
  }

  private static Value element(Call call) {
    if (call.value(0) instanceof Value.Perhaps(var item)) {
      if (item == null) {
        throw call.wrong("takes the element of an empty optional");
      }
      return item;
    }
    return call.value(0);
  }
}
