package org.diffusionnft.trainer.grpo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.objective.Bounds;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuardLossTest {
  private static final float[] SIGMAS = {1, 0.8f, 0.5f, 0.2f, 0};
  private static final int SAMPLES = 3; // one at each of the steps
  private static final int SIZE = 8;

  private final GaussianStep[] steps = new GaussianStep[SAMPLES];
  private final float[] latents = normals(1, SAMPLES * SIZE);
  private final float[] oldVelocity = normals(2, SAMPLES * SIZE);

  GuardLossTest() {
    Arrays.setAll(steps, b -> new FlowSolver(0.7).gaussian(SIGMAS, b));
  }

  /**
   * With {@code x' = μ_old + s ε} the log ratio is {@code mean((μ - μ_old) ε)}: the same for the
   * same change and noise at every step, and of opposite sign for opposite noise. The plain ratio
   * is neither.
   */
  @Test
  void theRatioIsTheSameAtEveryStep() {
    float[] noise = normals(3, SIZE);
    float[] change = normals(4, SIZE);
    double expected = 0;
    for (int i = 0; i < SIZE; i++) {
      expected += 0.05 * change[i] * noise[i] / SIZE;
    }
    float[] velocity = oldVelocity.clone();
    for (int i = 0; i < velocity.length; i++) {
      velocity[i] += 0.05f * change[i % SIZE] / steps[i / SIZE].slope();
    }
    float[] ratio = loss(0.5).evaluate(sampled(noise, 1), velocity, null).ratio();
    float[] mirrored = loss(0.5).evaluate(sampled(noise, -1), velocity, null).ratio();
    float[] plain = new GrpoLoss(0.5, 0, 5).evaluate(sampled(noise, 1), velocity, null).ratio();
    for (int b = 0; b < SAMPLES; b++) {
      assertEquals(Math.exp(expected), ratio[b], 2e-6, "step " + b);
      assertEquals(1, ratio[b] * mirrored[b], 2e-6, "step " + b);
    }
    assertTrue(Math.abs(plain[0] - plain[2]) > 1e-3, Arrays.toString(plain));
  }

  /** What a change of the mean earns at the old policy is {@code -a ε / (N -dt)} of each sample. */
  @Test
  void theGradientIsTheNoiseOverTheStepsLength() {
    float[] noise = normals(3, SIZE);
    GrpoLoss.Sampled sampled = sampled(noise, 1);
    float[] gradient = loss(0.5).evaluate(sampled, oldVelocity, null).gradient();
    for (int i = 0; i < gradient.length; i++) {
      int b = i / SIZE;
      double byMean = gradient[i] / steps[b].slope();
      double a = sampled.advantages()[b];
      assertEquals(-a * noise[i % SIZE] / SIZE / SAMPLES, byMean * -steps[b].dt(), 1e-5);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SAMPLE, true, STEP",
    "SAMPLE, false, VELOCITY",
    "SAMPLE, true, MEAN",
    "BATCH, true, STEP",
    "BATCH, false, MEAN"
  })
  void theGradientIsThatOfTheLoss(GuardLoss.Bias bias, boolean reweighted, GuardLoss.Pull pull) {
    GuardLoss loss =
        new GuardLoss(new Bounds(0.97, 1.05), Bounds.within(2), bias, reweighted, pull, 0.3);
    GrpoLoss.Sampled sampled = sampled(normals(3, SIZE), 1);
    float[] velocity = normals(5, SAMPLES * SIZE);
    for (int i = 0; i < velocity.length; i++) {
      velocity[i] = oldVelocity[i] + 0.05f * velocity[i];
    }
    float[] reference = normals(6, SAMPLES * SIZE);
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
      assertEquals(slope, gradient[i], 2e-3 * (1 + Math.abs(slope)), "at " + i);
      moved += Math.abs(slope) > 1e-3 ? 1 : 0;
    }
    assertTrue(moved > velocity.length / 2, "nearly nothing depends on the velocity");
  }

  @Test
  void theOldMeansAreNeeded() {
    GrpoLoss.Sampled with = sampled(normals(3, SIZE), 1);
    GrpoLoss.Sampled without =
        new GrpoLoss.Sampled(
            with.latents(), with.next(), with.logProbs(), steps, with.advantages());
    assertThrows(
        IllegalArgumentException.class, () -> loss(0.5).evaluate(without, oldVelocity, null));
  }

  private static GuardLoss loss(double clipRange) {
    return new GuardLoss(clipRange, 0, 5);
  }

  /** Steps of the old policy that drew the same noise. */
  private GrpoLoss.Sampled sampled(float[] noise, int sign) {
    float[] means = new float[latents.length];
    float[] next = new float[latents.length];
    float[] logProbs = new float[SAMPLES];
    for (int i = 0; i < next.length; i++) {
      GaussianStep step = steps[i / SIZE];
      means[i] = step.mean(latents[i], oldVelocity[i]);
      next[i] = means[i] + sign * step.std() * noise[i % SIZE];
    }
    for (int b = 0; b < SAMPLES; b++) {
      double squares = 0;
      for (int i = b * SIZE; i < (b + 1) * SIZE; i++) {
        squares += Math.pow(next[i] - means[i], 2) / SIZE;
      }
      logProbs[b] = steps[b].logProb((float) squares);
    }
    return new GrpoLoss.Sampled(
        latents, next, logProbs, steps, new double[] {1.5, -0.5, 0.8}, means);
  }

  private static float[] normals(long stream, int count) {
    return new Philox(12, stream).normals(0, count);
  }
}
