package org.diffusionnft.studies.course;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.sampling.Sampler;
import org.diffusionnft.models.sampling.Velocity;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Samples the toy world with the same solvers that sample images.
 *
 * @param solver the solver of a step
 * @param steps number of steps
 * @param seed of the noise
 */
record ToySampler(Solver solver, int steps, long seed) {
  /** A sampler with the noise that all pictures share. */
  ToySampler(Solver solver, int steps) {
    this(solver, steps, 5);
  }

  /** The same with other noise. */
  ToySampler withSeed(long other) {
    return new ToySampler(solver, steps, other);
  }

  /** A velocity at a point and a noise level. */
  @FunctionalInterface
  interface Field {
    Vector2 at(Vector2 x, double t);
  }

  /** Trajectories from noise to images, {@code [count][steps + 1]}. */
  List<List<Vector2>> paths(Field field, int count) {
    try (Device device = new ReferenceDevice();
        Memory.Scope scope = device.memory().scope()) {
      Noise noise = noise(count);
      Sampler.Trajectory trajectory =
          Sampler.trajectory(solver, velocity(field), start(device, noise, count), levels(), noise);
      List<List<Vector2>> paths = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        paths.add(new ArrayList<>());
      }
      for (Tensor latents : trajectory.latents()) {
        List<Vector2> points = points(latents);
        for (int i = 0; i < count; i++) {
          paths.get(i).add(points.get(i));
        }
      }
      return paths;
    }
  }

  /** Images: the ends of the trajectories. */
  List<Vector2> images(Field field, int count) {
    try (Device device = new ReferenceDevice()) {
      return images(device, velocity(field), count);
    }
  }

  /**
   * Images for any velocity.
   *
   * @param device the device that computes; for a network, its own
   */
  List<Vector2> images(Device device, Velocity velocity, int count) {
    try (Memory.Scope scope = device.memory().scope()) {
      Noise noise = noise(count);
      return points(Sampler.sample(solver, velocity, start(device, noise, count), levels(), noise));
    }
  }

  /** The initial noise, and the noise that a stochastic solver adds. */
  Noise noise(int count) {
    return Noise.philox(seed, Noise.streams(0, count));
  }

  /** The noise levels of a trajectory, one more than steps. */
  float[] levels() {
    return new FlowMatchSchedule.Config(FlowMatchSchedule.TRAIN_TIMESTEPS, 1).steps(steps).sigmas();
  }

  private static Tensor start(Device device, Noise noise, int count) {
    return noise.draw(device, Noise.INITIAL, Shape.of(count, 2, 1, 1));
  }

  /** A field as a velocity for a solver. */
  static Velocity velocity(Field field) {
    return (latents, _, sigma) -> {
      float[] values = latents.toFloats();
      for (int i = 0; i < values.length; i += 2) {
        Vector2 v = field.at(new Vector2(values[i], values[i + 1]), sigma);
        values[i] = (float) v.x();
        values[i + 1] = (float) v.y();
      }
      return Tensor.of(latents.device(), values, latents.shape().dims());
    };
  }

  private static List<Vector2> points(Tensor latents) {
    return points(latents.toFloats());
  }

  /** Points from their coordinates in one array, x before y. */
  static List<Vector2> points(float[] values) {
    List<Vector2> points = new ArrayList<>();
    for (int i = 0; i < values.length; i += 2) {
      points.add(new Vector2(values[i], values[i + 1]));
    }
    return points;
  }
}
