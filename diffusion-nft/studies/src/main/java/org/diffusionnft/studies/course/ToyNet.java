package org.diffusionnft.studies.course;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.sampling.Velocity;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;

/**
 * A network of three layers in place of the transformer, which predicts the velocity at points of
 * the plane. Its input is a point, its noise level, and two waves of the level.
 *
 * @param device the device that it computes on
 * @param weights of the layers, each followed by its bias
 */
record ToyNet(Device device, List<Variable> weights) {
  private static final int WIDTH = 64;
  private static final int INPUTS = 5;

  /** An untrained network. */
  static ToyNet random(Device device, RandomGenerator random) {
    List<Variable> weights = new ArrayList<>();
    for (int[] layer : new int[][] {{WIDTH, INPUTS}, {WIDTH, WIDTH}, {2, WIDTH}}) {
      float[] weight = new float[layer[0] * layer[1]];
      for (int i = 0; i < weight.length; i++) {
        weight[i] = (float) (random.nextGaussian() * Math.sqrt(1.5 / layer[1]));
      }
      weights.add(parameter(device, weight, layer[0], layer[1]));
      weights.add(parameter(device, new float[layer[0]], layer[0]));
    }
    return new ToyNet(device, weights);
  }

  /** A network whose weights are {@code share} times these plus the rest times another's. */
  ToyNet mixed(ToyNet other, double share) {
    List<Variable> mixed = new ArrayList<>();
    for (int k = 0; k < weights.size(); k++) {
      float[] own = weights.get(k).value().toFloats();
      float[] its = other.weights.get(k).value().toFloats();
      for (int i = 0; i < own.length; i++) {
        own[i] = (float) (share * own[i] + (1 - share) * its[i]);
      }
      mixed.add(parameter(device, own, weights.get(k).shape().dims()));
    }
    return new ToyNet(device, mixed);
  }

  /**
   * The velocity.
   *
   * @param points {@code [B, 2]}
   * @param levels {@code [B]}
   * @return {@code [B, 2]}
   */
  Variable at(float[] points, float[] levels) {
    float[] inputs = new float[INPUTS * levels.length];
    for (int i = 0; i < levels.length; i++) {
      float t = levels[i];
      float[] row = {
        points[2 * i], points[2 * i + 1], t, (float) Math.cos(3 * t), (float) Math.cos(6 * t)
      };
      System.arraycopy(row, 0, inputs, INPUTS * i, INPUTS);
    }
    Variable hidden = Variable.constant(Tensor.of(device, inputs, levels.length, INPUTS));
    for (int k = 0; k < weights.size(); k += 2) {
      hidden = hidden.linear(weights.get(k), weights.get(k + 1));
      hidden = k + 2 < weights.size() ? hidden.silu() : hidden;
    }
    return hidden;
  }

  /** The values of {@link #at}, without recording gradients. */
  float[] numbersAt(float[] points, float[] levels) {
    try (Memory.Scope scope = device.memory().scope()) {
      return at(points, levels).value().toFloats();
    }
  }

  /** The velocity for a sampler. */
  Velocity velocity() {
    return (latents, _, sigma) -> {
      float[] levels = new float[Math.toIntExact(latents.shape().dim(0))];
      Arrays.fill(levels, sigma);
      return Tensor.of(device, numbersAt(latents.toFloats(), levels), latents.shape().dims());
    };
  }

  /** The arrows at one noise level. */
  List<Vector2> arrows(List<Vector2> places, double level) {
    float[] levels = new float[places.size()];
    Arrays.fill(levels, (float) level);
    return ToySampler.points(numbersAt(numbers(places), levels));
  }

  /** The coordinates of points in one array, x before y. */
  static float[] numbers(List<Vector2> points) {
    float[] numbers = new float[2 * points.size()];
    for (int i = 0; i < points.size(); i++) {
      numbers[2 * i] = (float) points.get(i).x();
      numbers[2 * i + 1] = (float) points.get(i).y();
    }
    return numbers;
  }

  private static Variable parameter(Device device, float[] values, long... shape) {
    return Variable.parameter(Tensor.of(device, values, shape).keepForever());
  }
}
