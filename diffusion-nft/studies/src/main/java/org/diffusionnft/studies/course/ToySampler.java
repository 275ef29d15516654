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
 * @param solver how to step
 * @param steps how many
 */
record ToySampler(Solver solver, int steps) {
  private static final long SEED = 5;

  /** A velocity at a point and a noise level. */
  @FunctionalInterface
  interface Field {
    Vector2 at(Vector2 x, double t);
  }

  /** Ways from noise to images, {@code [count][steps + 1]}. */
  List<List<Vector2>> paths(Field field, int count) {
    try (Device device = new ReferenceDevice();
        Memory.Scope scope = device.memory().scope()) {
      Noise noise = Noise.philox(SEED, Noise.streams(0, count));
      Tensor start = noise.draw(device, Noise.INITIAL, Shape.of(count, 2, 1, 1));
      float[] sigmas =
          new FlowMatchSchedule.Config(FlowMatchSchedule.TRAIN_TIMESTEPS, 1).steps(steps).sigmas();
      Velocity velocity = (latents, _, sigma) -> velocity(device, latents, sigma, field);
      Sampler.Trajectory trajectory = Sampler.trajectory(solver, velocity, start, sigmas, noise);
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

  /** Images. */
  List<Vector2> images(Field field, int count) {
    return paths(field, count).stream().map(List::getLast).toList();
  }

  private static Tensor velocity(Device device, Tensor latents, float sigma, Field field) {
    List<Vector2> points = points(latents);
    float[] values = new float[2 * points.size()];
    for (int i = 0; i < points.size(); i++) {
      Vector2 v = field.at(points.get(i), sigma);
      values[2 * i] = (float) v.x();
      values[2 * i + 1] = (float) v.y();
    }
    return Tensor.of(device, values, latents.shape().dims());
  }

  private static List<Vector2> points(Tensor latents) {
    float[] values = latents.toFloats();
    List<Vector2> points = new ArrayList<>();
    for (int i = 0; i < values.length; i += 2) {
      points.add(new Vector2(values[i], values[i + 1]));
    }
    return points;
  }
}
