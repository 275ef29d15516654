package org.diffusionnft.autograd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * A function to differentiate at a random point, in double precision.
 *
 * @param name what a failure is called
 * @param function of the inputs
 * @param range what is made of standard normal numbers: the domain of the function, away from kinks
 * @param shapes of the inputs
 */
record GradientCase(
    String name,
    Function<List<Variable>, Variable> function,
    DoubleUnaryOperator range,
    List<Shape> shapes) {

  static GradientCase of(
      String name, Function<List<Variable>, Variable> function, long[]... shapes) {
    return on(name, v -> v, function, shapes);
  }

  static GradientCase on(
      String name,
      DoubleUnaryOperator range,
      Function<List<Variable>, Variable> function,
      long[]... shapes) {
    List<Shape> list = new ArrayList<>();
    for (long[] dims : shapes) {
      list.add(Shape.of(dims));
    }
    return new GradientCase(name, function, range, list);
  }

  /** The same numbers at every call. */
  List<double[]> point() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(name.hashCode());
    List<double[]> all = new ArrayList<>();
    for (Shape shape : shapes) {
      double[] v = new double[(int) shape.elements()];
      for (int i = 0; i < v.length; i++) {
        v[i] = range.applyAsDouble(random.nextGaussian());
      }
      all.add(v);
    }
    return all;
  }

  /** Parameters at {@link #point}. */
  List<Variable> parameters(Device device) {
    List<Variable> all = new ArrayList<>();
    List<double[]> point = point();
    for (int i = 0; i < shapes.size(); i++) {
      all.add(Variable.parameter(Tensor.of(device, point.get(i), shapes.get(i).dims())));
    }
    return all;
  }

  /** The function reduced to a number by weights that tell its elements apart. */
  Variable loss(List<Variable> in) {
    Variable out = function.apply(in);
    double[] weights = new double[(int) out.shape().elements()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.sin(i + 1);
    }
    Tensor w = Tensor.of(out.device(), weights, out.shape().dims());
    return out.mul(Variable.constant(w)).sum();
  }

  @Override
  public String toString() {
    return name;
  }
}
