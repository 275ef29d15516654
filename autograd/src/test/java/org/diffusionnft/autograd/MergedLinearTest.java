package org.diffusionnft.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.diffusionnft.autograd.ProductOperation.LowRankLinear;
import org.diffusionnft.autograd.ProductOperation.MergedLinear;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MergedLinearTest {
  private final ReferenceDevice device = new ReferenceDevice();

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void computesWhatTheFactorsApartDo() {
    Tensor[] in = {
      numbers(1, 2, 3, 4), numbers(2, 5, 4), numbers(3, 2, 4), numbers(4, 5, 2), numbers(5, 5)
    };
    List<double[]> apart = results(new LowRankLinear(0.7, Precision.F32), in);
    List<double[]> merged = results(new MergedLinear(0.7), in);
    assertEquals(1 + in.length, apart.size());
    for (int i = 0; i < apart.size(); i++) {
      assertArrayEquals(apart.get(i), merged.get(i), 1e-13);
    }
  }

  /** The output, and the gradient of every input. */
  private static List<double[]> results(Operation op, Tensor... in) {
    List<Variable> variables = Stream.of(in).map(Variable::parameter).toList();
    Operation.Result made = op.forward(in);
    List<double[]> all = new ArrayList<>();
    all.add(made.out().toDoubles());
    Contributions gradients = new Contributions(variables);
    op.backward(in, made, made.out(), gradients);
    gradients.each((_, gradient) -> all.add(gradient.toDoubles()));
    return all;
  }

  private Tensor numbers(int seed, long... dims) {
    double[] numbers = new double[Math.toIntExact(Shape.of(dims).elements())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Math.sin(seed + 1.7 * i);
    }
    return Tensor.of(device, numbers, dims);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void paysWithManyRowsAndThickFactors(
      String what, long rows, long n, long k, long rank, boolean pays) {
    assertEquals(pays, MergedLinear.pays(rows, n, k, rank));
  }

  static Stream<Arguments> paysWithManyRowsAndThickFactors() {
    return Stream.of(
        arguments("the demo's attention", 3456, 96, 96, 32, true),
        arguments("the demo's network", 3456, 384, 96, 32, true),
        arguments("the same for a single row", 1, 96, 96, 32, false),
        arguments("Stable Diffusion 3.5 Medium", 1229, 1536, 1536, 32, false));
  }
}
