package org.diffusionnft.studies.course;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.studies.course.ToySampler.Field;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.grpo.GrpoLoss;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * FlowGRPO's gradient is that of the expected reward. The policy is the world's own velocity plus
 * {@code θ_k φ_k(x, t)}; its reward is how probable it is that a noised image at the place of the
 * picture comes from a good one, which is smooth.
 *
 * <p>The expected reward is a mean over fixed draws of all noise, so its central differences are
 * those of the reward along each path. The loss gives the same gradient from the densities of the
 * steps. For one path the two differ widely; their means over draws estimate one number, so the
 * mean of the difference is 0 up to its standard error. That is the tolerance: 4 standard errors,
 * which a right gradient passes with 99.99 %, and which are to be below 4 % of the gradient, so
 * that a wrong factor, a wrong sign or a missing step cannot pass.
 */
@Tag("slow")
class FlowGrpoGradientTest {
  private static final int PATHS = 120_000;
  private static final int STEPS = 6;
  private static final double NOISE = 0.7;
  private static final double H = 1e-3;
  private static final double ERRORS = 4;
  private static final double SMALL = 0.04;

  private final ToyWorld world = ToyWorld.eight();
  private final float[] sigmas =
      new FlowMatchSchedule.Config(FlowMatchSchedule.TRAIN_TIMESTEPS, 1).steps(STEPS).sigmas();
  private final GaussianStep[] steps = new GaussianStep[STEPS];
  private final float[][] noise = new float[PATHS][];

  /** To the right, where the good ones are; towards good ones; right, the more the farther out. */
  private final List<Field> directions =
      List.of(
          (_, _) -> new Vector2(-1, 0),
          (x, t) -> world.at(x, t).direction(),
          (x, _) -> new Vector2(-x.x() * x.x(), 0));

  FlowGrpoGradientTest() {
    Arrays.setAll(steps, i -> new FlowSolver(NOISE).gaussian(sigmas, i));
    Arrays.setAll(noise, path -> new Philox(17, path).normals(0, 2 * (STEPS + 1)));
  }

  @Test
  void itIsTheGradientOfTheExpectedReward() {
    double[][] byDensities = byDensities(STEPS - 1);
    for (int k = 0; k < directions.size(); k++) {
      double[] byDifferences = byDifferences(k, STEPS - 1);
      double[] difference = new double[PATHS];
      for (int path = 0; path < PATHS; path++) {
        difference[path] = byDensities[k][path] - byDifferences[path];
      }
      double error = deviation(difference) / Math.sqrt(PATHS);
      double gradient = mean(byDifferences);
      System.out.printf(
          Locale.ROOT,
          "direction %d: by differences %.5f, by densities %.5f, standard error %.5f; one path of"
              + " FlowGRPO spreads by %.0f times the gradient%n",
          k,
          gradient,
          mean(byDensities[k]),
          error,
          deviation(byDensities[k]) / Math.abs(gradient));
      assertEquals(0, mean(difference), ERRORS * error, "direction " + k);
      assertTrue(error < SMALL * Math.abs(gradient), "direction " + k + " is not resolved");
    }
  }

  /** The test sees what it is to see: without one of the trained steps the gradient is another. */
  @Test
  void aStepThatIsLeftOutShows() {
    double[] whole = byDifferences(0, STEPS - 1);
    double[] without = byDensities(STEPS - 2)[0];
    double error = deviation(without) / Math.sqrt(PATHS);
    assertTrue(Math.abs(mean(whole) - mean(without)) > ERRORS * error);
  }

  /** How good a picture is. */
  private double reward(Vector2 picture) {
    return world.at(picture, 0.5).alpha();
  }

  private Vector2 velocity(Vector2 x, int step, int k, double theta) {
    Vector2 v = world.at(x, sigmas[step]).old();
    return theta == 0 ? v : v.plus(directions.get(k).at(x, sigmas[step]).times(theta));
  }

  /** A path, with the policy's change in its first steps only. */
  private Vector2[] path(int path, int k, double theta, int changed) {
    Vector2[] points = new Vector2[STEPS + 1];
    points[0] = new Vector2(noise[path][0], noise[path][1]);
    for (int i = 0; i < STEPS; i++) {
      Vector2 v = velocity(points[i], i, k, i < changed ? theta : 0);
      Vector2 drawn = new Vector2(noise[path][2 * i + 2], noise[path][2 * i + 3]);
      points[i + 1] =
          points[i]
              .times(steps[i].latents())
              .plus(v.times((double) steps[i].velocity() * steps[i].dt()))
              .plus(drawn.times(steps[i].std()));
    }
    return points;
  }

  private double[] byDifferences(int k, int changed) {
    double[] values = new double[PATHS];
    for (int path = 0; path < PATHS; path++) {
      double up = reward(path(path, k, H, changed)[STEPS]);
      double down = reward(path(path, k, -H, changed)[STEPS]);
      values[path] = (up - down) / (2 * H);
    }
    return values;
  }

  /** What the loss of each trained step gives, path by path: {@code [direction][path]}. */
  private double[][] byDensities(int trained) {
    Vector2[][] paths = new Vector2[PATHS][];
    Arrays.setAll(paths, path -> path(path, 0, 0, 0));
    double[] rewards = Arrays.stream(paths).mapToDouble(p -> reward(p[STEPS])).toArray();
    double baseline = mean(rewards);
    double[] advantages = Arrays.stream(rewards).map(r -> r - baseline).toArray();
    GrpoLoss loss = new GrpoLoss(1e-4, 0, 1e6);
    double[][] gradients = new double[directions.size()][PATHS];
    for (int i = 0; i < trained; i++) {
      float[] latents = new float[2 * PATHS];
      float[] next = new float[2 * PATHS];
      float[] velocity = new float[2 * PATHS];
      for (int path = 0; path < PATHS; path++) {
        put(latents, path, paths[path][i]);
        put(next, path, paths[path][i + 1]);
        put(velocity, path, velocity(paths[path][i], i, 0, 0));
      }
      GaussianStep[] same = new GaussianStep[PATHS];
      Arrays.fill(same, steps[i]);
      float[] old =
          loss.evaluate(
                  new GrpoLoss.Sampled(latents, next, new float[PATHS], same, advantages),
                  velocity,
                  null)
              .logProb();
      float[] gradient =
          loss.evaluate(new GrpoLoss.Sampled(latents, next, old, same, advantages), velocity, null)
              .gradient();
      for (int path = 0; path < PATHS; path++) {
        for (int k = 0; k < gradients.length; k++) {
          Vector2 phi = directions.get(k).at(paths[path][i], sigmas[i]);
          double product = gradient[2 * path] * phi.x() + gradient[2 * path + 1] * phi.y();
          // The loss is minimised, a mean over paths, and its densities are means over 2 numbers.
          gradients[k][path] -= 2.0 * PATHS * product;
        }
      }
    }
    return gradients;
  }

  private static void put(float[] values, int path, Vector2 v) {
    values[2 * path] = (float) v.x();
    values[2 * path + 1] = (float) v.y();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static double deviation(double[] values) {
    double mean = mean(values);
    return Math.sqrt(
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
  }
}
