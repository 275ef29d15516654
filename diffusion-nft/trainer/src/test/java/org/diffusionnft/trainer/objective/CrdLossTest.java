package org.diffusionnft.trainer.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.objective.Centering.Objective;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CrdLossTest {
  private static final int IMAGES = 4;
  private static final int SIZE = 4;

  /**
   * The best policy is the old one times {@code exp(reward / β) / Z}: its implied rewards times β
   * are the given ones plus a number that nobody knows. Whatever that number is, the loss is 0
   * there and its gradient too; all numbers are multiples of powers of two, so to the last bit.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0, 3, -8.5})
  void theUnknownNormalisationFallsOut(double unknown) {
    double[] external = {0, 0.25, 0.75, 1};
    for (double beta : new double[] {1, 0.5, 4}) {
      double[] model = new double[IMAGES];
      for (int b = 0; b < IMAGES; b++) {
        model[b] = (external[b] + unknown) / beta;
      }
      Centering.Outcome outcome =
          new Centering(Objective.MSE, beta, -1).evaluate(external, model, IMAGES);
      assertEquals(0, outcome.value());
      assertArrayEquals(new double[IMAGES], outcome.gradient());
      assertArrayEquals(
          new double[IMAGES],
          new Centering(Objective.BCE, beta, -1).evaluate(external, model, IMAGES).gradient());
    }
  }

  /** With one weight for all, pulls and pushes of the images of a step cancel. */
  @Test
  void allTogetherMoveNowhere() {
    double[] gradient =
        new Centering(Objective.MSE, 2, -1)
            .evaluate(new double[] {0, 0.25, 0.75, 1}, new double[] {1, -2, 0.5, 4}, IMAGES)
            .gradient();
    assertEquals(0, gradient[0] + gradient[1] + gradient[2] + gradient[3]);
    assertTrue(gradient[0] != 0);
  }

  /** The center is a constant: the slope is that of the own distance to it. */
  @ParameterizedTest
  @CsvSource({"MSE, -1", "BCE, -1", "MSE, 0", "BCE, 0", "MSE, 0.5", "BCE, 0.5"})
  void theGradientHoldsTheCenterFixed(Objective objective, double temperature) {
    double[] external = {0.5, 0.2, 0.9, 0.1, 0.7};
    double[] model = {0.3, -0.4, 1.2, 0.8, -1};
    Centering centering = new Centering(objective, 1.5, temperature);
    Centering.Outcome outcome = centering.evaluate(external, model, 3);
    // An image far away that has all others' weight keeps the center where it is.
    double h = 1e-5;
    for (int b = 0; b < 3; b++) {
      double slope =
          (moved(centering, external, model, b, h) - moved(centering, external, model, b, -h))
              / (2 * h);
      assertEquals(slope, outcome.gradient()[b], 1e-7, "image " + b);
    }
  }

  /** The loss with image {@code b} moved by {@code h} and the center where it was. */
  private static double moved(
      Centering centering, double[] external, double[] model, int b, double h) {
    int n = model.length;
    double value = 0;
    for (int sign = 1; sign >= (centering.temperature() < 0 ? 1 : -1); sign -= 2) {
      double[] p = new double[n];
      double sum = 0;
      for (int i = 0; i < n; i++) {
        double temperature = centering.temperature();
        // All external rewards here are above 0, so nothing is left for the negative pool.
        double logit =
            temperature > 0 ? sign * external[i] / temperature : sign > 0 ? external[i] : 0;
        p[i] = temperature < 0 ? 1 : Math.exp(logit);
        sum += p[i];
      }
      double externalMean = 0;
      double modelMean = 0;
      for (int i = 0; i < n; i++) {
        externalMean += p[i] / sum * external[i];
        modelMean += p[i] / sum * model[i];
      }
      for (int i = 0; i < 3; i++) {
        double z = centering.beta() * (model[i] + (i == b ? h : 0) - modelMean);
        double c = external[i] - externalMean;
        double y = 1 / (1 + Math.exp(-c));
        value +=
            centering.objective() == Objective.MSE
                ? (z - c) * (z - c) / 3
                : -(y * Math.log(1 / (1 + Math.exp(-z)))
                        + (1 - y) * Math.log(1 - 1 / (1 + Math.exp(-z))))
                    / 3;
      }
    }
    return centering.temperature() < 0 ? value : value / 2;
  }

  /** From the gradient by the rewards to that by the predictions, and the pull. */
  @ParameterizedTest
  @EnumSource(Objective.class)
  void theGradientGoesThroughTheRewards(Objective objective) {
    CrdLoss loss =
        new CrdLoss(new Centering(objective, 0.5, -1), false, new Bounds(-2, 3), 0.3, true);
    float[] forward = normals(1);
    CrdLoss.Outcome outcome = loss.evaluate(batch(forward));
    double[] byReward =
        loss.centering().evaluate(outcome.rank(), outcome.reward(), IMAGES).gradient();
    float h = 4e-3f;
    for (int i = 0; i < forward.length; i++) {
      float[] up = forward.clone();
      float[] down = forward.clone();
      up[i] += h;
      down[i] -= h;
      CrdLoss.Outcome higher = loss.evaluate(batch(up));
      CrdLoss.Outcome lower = loss.evaluate(batch(down));
      int b = i / SIZE;
      double slope =
          (byReward[b] * 3 / 0.5 * (higher.reward()[b] - lower.reward()[b])
                  + higher.terms().klLoss()
                  - lower.terms().klLoss())
              / (up[i] - down[i]);
      assertEquals(slope, outcome.gradient()[i], 1e-4 * (1 + Math.abs(slope)), "at " + i);
    }
  }

  @Test
  void thePullGrowsWithTheReward() {
    CrdLoss loss =
        new CrdLoss(new Centering(Objective.MSE, 1, -1), true, Bounds.within(1), 1, true);
    float[] still = new float[IMAGES * SIZE];
    float[] away = new float[IMAGES * SIZE];
    java.util.Arrays.fill(away, 1);
    double[] worst = {-1, -1, -1, -1};
    double[] best = {1, 1, 1, 1};
    // All rewards alike: nothing to distil, the pull is all there is.
    double atWorst =
        loss.evaluate(new CrdLoss.Batch(away, away, still, still, away, worst)).terms().klLoss();
    double atBest =
        loss.evaluate(new CrdLoss.Batch(away, away, still, still, away, best)).terms().klLoss();
    assertEquals(1e-4, atWorst, 1e-12);
    assertEquals(1, atBest, 1e-12);
  }

  @Test
  void refusesWhatDoesNotFit() {
    Centering centering = new Centering(Objective.MSE, 1, -1);
    assertThrows(
        IllegalArgumentException.class, () -> centering.evaluate(new double[2], new double[3], 2));
    assertThrows(
        IllegalArgumentException.class, () -> centering.evaluate(new double[2], new double[2], 3));
    assertThrows(
        IllegalArgumentException.class, () -> new Centering(Objective.MSE, Double.NaN, -1));
    assertThrows(IllegalArgumentException.class, () -> new Bounds(1, 1));
  }

  private static CrdLoss.Batch batch(float[] forward) {
    return new CrdLoss.Batch(
        forward, normals(2), normals(3), normals(4), normals(5), new double[] {-1.5, 0.3, 2.5, 0});
  }

  private static float[] normals(long stream) {
    return new Philox(6, stream).normals(0, IMAGES * SIZE);
  }
}
