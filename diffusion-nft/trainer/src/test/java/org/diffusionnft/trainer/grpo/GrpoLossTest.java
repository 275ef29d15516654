package org.diffusionnft.trainer.grpo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.diffusionnft.models.solver.DanceSolver;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.models.solver.StochasticSolver;
import org.diffusionnft.tensor.Philox;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrpoLossTest {
  private static final float[] SIGMAS = {1, 0.8f, 0.5f, 0.2f, 0};
  private static final int SAMPLES = 4;
  private static final int SIZE = 6;

  private final float[] velocity = normals(1);
  private final float[] reference = normals(2);

  @ParameterizedTest
  @ValueSource(strings = {"flow", "dance"})
  void theGradientIsThatOfTheLoss(String solver) {
    GrpoLoss loss = new GrpoLoss(0.05, 0.3, 2);
    GrpoLoss.Sampled sampled = sampled(solver);
    float[] gradient = loss.evaluate(sampled, velocity, reference).gradient();
    int moved = 0;
    for (int i = 0; i < velocity.length; i++) {
      float h = 4e-3f;
      float[] up = velocity.clone();
      float[] down = velocity.clone();
      up[i] += h;
      down[i] -= h;
      double slope =
          (loss.evaluate(sampled, up, reference).terms().loss()
                  - loss.evaluate(sampled, down, reference).terms().loss())
              / (up[i] - down[i]);
      assertEquals(slope, gradient[i], 2e-3 * (1 + Math.abs(slope)), solver + " at " + i);
      moved += Math.abs(slope) > 1e-3 ? 1 : 0;
    }
    assertTrue(moved > velocity.length / 2, "nearly nothing depends on the velocity");
  }

  @ParameterizedTest
  @ValueSource(strings = {"flow", "dance"})
  void whatSampledHasRatioOneAndPullsTowardsBetterImages(String solver) {
    GrpoLoss.Sampled sampled = sampled(solver);
    float[] own = new GrpoLoss(1, 0, 5).evaluate(sampled, velocity, null).logProb();
    GrpoLoss.Sampled onPolicy =
        new GrpoLoss.Sampled(
            sampled.latents(), sampled.next(), own, sampled.steps(), sampled.advantages());
    GrpoLoss.Outcome outcome = new GrpoLoss(1e-6, 0, 5).evaluate(onPolicy, velocity, null);
    for (float ratio : outcome.ratio()) {
      assertEquals(1, ratio);
    }
    assertEquals(0, outcome.terms().clipFraction());
    float[] stepped = velocity.clone();
    for (int i = 0; i < stepped.length; i++) {
      stepped[i] -= 1e-2f * outcome.gradient()[i];
    }
    float[] after = new GrpoLoss(1, 0, 5).evaluate(onPolicy, stepped, null).ratio();
    for (int b = 0; b < SAMPLES; b++) {
      double change = after[b] - 1;
      assertTrue(change * sampled.advantages()[b] > 0, Arrays.toString(after));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void aClipRangeMustBePositive(double range) {
    assertThrows(IllegalArgumentException.class, () -> new GrpoLoss(range, 0, 5));
  }

  private GrpoLoss.Sampled sampled(String name) {
    StochasticSolver solver = name.equals("flow") ? new FlowSolver(0.7) : new DanceSolver(0.5);
    GaussianStep[] steps = new GaussianStep[SAMPLES];
    Arrays.setAll(steps, b -> solver.gaussian(SIGMAS, b % 3));
    float[] latents = normals(3);
    float[] noise = normals(4);
    float[] next = new float[latents.length];
    float[] logProbs = new float[SAMPLES];
    for (int i = 0; i < next.length; i++) {
      GaussianStep step = steps[i / SIZE];
      next[i] = step.mean(latents[i], velocity[i]) + step.std() * noise[i];
    }
    for (int b = 0; b < SAMPLES; b++) {
      double squares = 0;
      for (int i = b * SIZE; i < (b + 1) * SIZE; i++) {
        squares += Math.pow(steps[b].std() * noise[i], 2) / SIZE;
      }
      // As if the policy had moved a little since: some ratios are clipped, some are not.
      logProbs[b] = steps[b].logProb((float) squares) + 0.03f * (b - 1);
    }
    return new GrpoLoss.Sampled(latents, next, logProbs, steps, new double[] {1.5, -0.5, -3, 0.8});
  }

  private static float[] normals(long stream) {
    return new Philox(11, stream).normals(0, SAMPLES * SIZE);
  }
}
