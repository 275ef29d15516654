package org.diffusionnft.onnx.operator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.Shape;

/** Einstein summation: sums of products over axes named by letters. */
final class Einsum {
  /** Axes covered by an ellipsis have letters of their own, counted from the last. */
  private static final char ELLIPSIS = '\u0100';

  private Einsum() {}

  static NdArray run(Call call) {
    String equation = call.text("equation", "").replace(" ", "");
    List<NdArray> inputs = call.all();
    String[] sides = equation.split("->", -1);
    String[] terms = sides[0].split(",", -1);
    call.require(
        sides.length <= 2 && terms.length == inputs.size(),
        "has an equation for another number of inputs: " + equation);
    List<String> letters = new ArrayList<>();
    for (int i = 0; i < terms.length; i++) {
      letters.add(letters(call, terms[i], inputs.get(i).rank()));
    }
    Map<Character, Long> sizes = new LinkedHashMap<>();
    Map<Character, Integer> uses = new TreeMap<>();
    int ellipsis = 0;
    for (int i = 0; i < terms.length; i++) {
      String term = letters.get(i);
      for (int a = 0; a < term.length(); a++) {
        char c = term.charAt(a);
        long size = inputs.get(i).dim(a);
        long known = sizes.getOrDefault(c, 1L);
        call.require(
            known == size || known == 1 || size == 1,
            "has axes of different sizes for '" + c + "'");
        sizes.put(c, Math.max(known, size));
        uses.merge(c, 1, Integer::sum);
        ellipsis = c >= ELLIPSIS ? Math.max(ellipsis, c - ELLIPSIS + 1) : ellipsis;
      }
    }
    String out;
    if (sides.length == 2) {
      out = expanded(sides[1], ellipsis);
    } else {
      StringBuilder implicit = new StringBuilder(expanded("...", ellipsis));
      uses.forEach((c, n) -> implicit.append(c < ELLIPSIS && n == 1 ? String.valueOf(c) : ""));
      out = implicit.toString();
    }
    return sum(call, inputs, letters, out, sizes);
  }

  private static String letters(Call call, String term, int rank) {
    int named = term.replace("...", "").length();
    boolean open = term.contains("...");
    call.require(open ? named <= rank : named == rank, "names " + term + " axes of " + rank);
    return expanded(term, rank - named);
  }

  private static String expanded(String term, int axes) {
    StringBuilder all = new StringBuilder();
    for (int i = axes - 1; i >= 0; i--) {
      all.append((char) (ELLIPSIS + i));
    }
    return term.replace("...", all);
  }

  private static NdArray sum(
      Call call,
      List<NdArray> inputs,
      List<String> letters,
      String out,
      Map<Character, Long> sizes) {
    StringBuilder order = new StringBuilder(out);
    sizes.keySet().forEach(c -> order.append(out.indexOf(c) < 0 ? String.valueOf(c) : ""));
    long[] dims = new long[order.length()];
    for (int i = 0; i < dims.length; i++) {
      Long size = sizes.get(order.charAt(i));
      call.require(size != null, "gives an axis that no input has");
      dims[i] = size == null ? 0 : size;
    }
    Shape all = call.shape(dims);
    Shape to = Shape.of(Arrays.copyOf(dims, out.length()));
    int[][] places = new int[inputs.size()][];
    for (int i = 0; i < places.length; i++) {
      long[] own = inputs.get(i).shape().strides();
      long[] strides = new long[dims.length];
      String term = letters.get(i);
      for (int a = 0; a < term.length(); a++) {
        strides[order.indexOf(term.substring(a, a + 1))] += inputs.get(i).dim(a) == 1 ? 0 : own[a];
      }
      places[i] = Strided.places(all, strides, 0);
    }
    int count = (int) to.elements();
    int reduced = count == 0 ? 0 : (int) (all.elements() / count);
    if (call.sameType(inputs).isInteger()) {
      long[] sums = new long[count];
      for (int i = 0; i < count * reduced; i++) {
        long product = 1;
        for (int j = 0; j < places.length; j++) {
          product *= inputs.get(j).longs()[places[j][i]];
        }
        sums[i / reduced] = Integers.wrap(inputs.getFirst().type(), sums[i / reduced] + product);
      }
      return NdArray.of(inputs.getFirst().type(), to, sums);
    }
    List<double[]> values = inputs.stream().map(NdArray::toDoubles).toList();
    double[] sums = new double[count];
    for (int i = 0; i < count * reduced; i++) {
      double product = 1;
      for (int j = 0; j < places.length; j++) {
        product *= values.get(j)[places[j][i]];
      }
      sums[i / reduced] += product;
    }
    return NdArray.ofDoubles(inputs.getFirst().type(), to, sums);
  }
}
