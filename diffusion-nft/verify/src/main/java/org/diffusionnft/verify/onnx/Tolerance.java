package org.diffusionnft.verify.onnx;

import java.util.Arrays;
import java.util.List;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.weights.onnx.ElementType;

/**
 * The tolerance of floating-point numbers: {@code atol + rtol * |expected|}.
 *
 * @param relative rtol
 * @param absolute atol
 */
record Tolerance(double relative, double absolute) {

  /** The difference of a value from the expected one; empty if it is within the tolerance. */
  String difference(Value actual, Value expected) {
    if (actual instanceof Value.Perhaps(var item)
        && item != null
        && !(expected instanceof Value.Perhaps)) {
      return difference(item, expected);
    }
    return switch (expected) {
      case NdArray array ->
          actual instanceof NdArray other
              ? difference(other, array)
              : "is no tensor, but " + array + " is expected";
      case Value.Sequence(List<Value> items) ->
          actual instanceof Value.Sequence(List<Value> others)
              ? difference(others, items)
              : "is no sequence, as is expected";
      case Value.Perhaps(var item) -> {
        Value own = actual instanceof Value.Perhaps(var inner) ? inner : actual;
        if (item == null || own == null) {
          yield item == null && own == null ? "" : "is empty or not, against what is expected";
        }
        yield difference(own, item);
      }
    };
  }

  private String difference(List<Value> actual, List<Value> expected) {
    if (actual.size() != expected.size()) {
      return "has %d items, not %d".formatted(actual.size(), expected.size());
    }
    for (int i = 0; i < actual.size(); i++) {
      String problem = difference(actual.get(i), expected.get(i));
      if (!problem.isEmpty()) {
        return "item " + i + " " + problem;
      }
    }
    return "";
  }

  private String difference(NdArray actual, NdArray expected) {
    if (actual.type() != expected.type() || !actual.shape().equals(expected.shape())) {
      return "is %s, and %s is expected".formatted(actual, expected);
    }
    if (actual.type() == ElementType.STRING) {
      return Arrays.equals(actual.strings(), expected.strings())
          ? ""
          : "has the texts %s, not %s"
              .formatted(Arrays.toString(actual.strings()), Arrays.toString(expected.strings()));
    }
    double[] a = actual.toDoubles();
    double[] e = expected.toDoubles();
    for (int i = 0; i < a.length; i++) {
      boolean same = a[i] == e[i] || (Double.isNaN(a[i]) && Double.isNaN(e[i]));
      boolean close = Math.abs(a[i] - e[i]) <= absolute + relative * Math.abs(e[i]);
      if (!same && !(close && Double.isFinite(e[i]) && actual.type().isFloating())) {
        return "has %s at element %d, not %s".formatted(a[i], i, e[i]);
      }
    }
    return "";
  }
}
