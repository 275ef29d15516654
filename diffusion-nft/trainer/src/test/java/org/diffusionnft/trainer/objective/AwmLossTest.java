package org.diffusionnft.trainer.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.objective.AwmLoss.KlWeighting;
import org.diffusionnft.trainer.objective.AwmLoss.RatioOf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AwmLossTest {
  private static final int IMAGES = 2;
  private static final int ROWS = 4; // two noise levels each
  private static final int SIZE = 4;

  private static final AwmLoss PLAIN =
      new AwmLoss(
          LikelihoodWeighting.UNIFORM,
          0.25,
          RatioOf.LEVEL,
          Bounds.aroundOne(0.5),
          Bounds.within(5),
          OptionalDouble.empty(),
          0,
          KlWeighting.UNIFORM,
          0,
          KlWeighting.UNIFORM);

  /**
   * At the policy that sampled, the gradient is that of pretraining, {@code mean((v - (ε - x₀))²)},
   * image by image times its advantage. All numbers are small multiples of powers of two, so that
   * floats hold them and both sides are the same to the last bit.
   */
  @Test
  void atTheOldPolicyItIsPretrainingTimesTheAdvantage() {
    float[] velocity = dyadic(1);
    float[] x0 = dyadic(2);
    float[] noise = dyadic(3);
    double[] advantages = {1.5, -0.25};
    AwmLoss.Outcome outcome =
        PLAIN.evaluate(
            new AwmLoss.Batch(
                velocity, velocity, null, null, x0, noise, new float[ROWS], advantages));
    for (int i = 0; i < velocity.length; i++) {
      double a = advantages[i / SIZE % IMAGES];
      double pretraining = 2.0 * (velocity[i] - (noise[i] - x0[i])) / SIZE / ROWS;
      assertEquals((float) (a * pretraining), outcome.gradient()[i], "element " + i);
    }
    assertEquals(0, outcome.terms().above() + outcome.terms().below());
    for (double ratio : outcome.ratio()) {
      assertEquals(1, ratio);
    }
  }

  /** A good image that is likely enough already, and a bad one that is unlikely enough. */
  @Test
  void whatWentFarEnoughEarnsNothing() {
    float[] target = new float[ROWS * SIZE];
    float[] far = new float[ROWS * SIZE];
    Arrays.fill(far, 2);
    float[] forward = target.clone(); // image 0 exact, image 1 far off
    float[] old = far.clone();
    for (int row = 1; row < ROWS; row += IMAGES) {
      Arrays.fill(forward, row * SIZE, (row + 1) * SIZE, 2);
      Arrays.fill(old, row * SIZE, (row + 1) * SIZE, 0);
    }
    AwmLoss.Outcome outcome =
        PLAIN.evaluate(
            new AwmLoss.Batch(
                forward, old, null, null, target, target, new float[ROWS], new double[] {1, -1}));
    for (float g : outcome.gradient()) {
      assertEquals(0, g);
    }
    assertEquals(0.5, outcome.terms().above());
    assertEquals(0.5, outcome.terms().below());
  }

  @ParameterizedTest
  @EnumSource(LikelihoodWeighting.class)
  void theGradientIsThatOfTheLoss(LikelihoodWeighting weighting) {
    for (RatioOf ratioOf : RatioOf.values()) {
      AwmLoss loss =
          PLAIN.with(
              b ->
                  b.weighting(weighting)
                      .ratioOf(ratioOf)
                      .clip(Bounds.aroundOne(0.4))
                      .advantages(Bounds.within(2))
                      .advantageMax(OptionalDouble.of(3))
                      .klWeight(0.3)
                      .klWeighting(KlWeighting.ELBO)
                      .averageWeight(0.7));
      float[] forward = normals(1);
      AwmLoss.Outcome outcome = loss.evaluate(batch(forward));
      int moved = 0;
      for (int i = 0; i < forward.length; i++) {
        float h = 2e-3f;
        float[] up = forward.clone();
        float[] down = forward.clone();
        up[i] += h;
        down[i] -= h;
        double slope =
            (loss.evaluate(batch(up)).terms().loss() - loss.evaluate(batch(down)).terms().loss())
                / (up[i] - down[i]);
        assertEquals(slope, outcome.gradient()[i], 1e-4 * (1 + Math.abs(slope)), "at " + i);
        moved += Math.abs(slope) > 1e-3 ? 1 : 0;
      }
      assertTrue(moved > forward.length / 2, "nearly nothing depends on the prediction");
    }
  }

  @Test
  void pullsNeedWhatTheyPullTo() {
    AwmLoss pulled = PLAIN.withKlWeight(1);
    AwmLoss.Batch batch =
        new AwmLoss.Batch(
            normals(1),
            normals(2),
            null,
            null,
            normals(3),
            normals(4),
            new float[ROWS],
            new double[IMAGES]);
    assertThrows(IllegalArgumentException.class, () -> pulled.evaluate(batch));
    assertThrows(IllegalArgumentException.class, () -> PLAIN.withPower(0));
    assertThrows(IllegalArgumentException.class, () -> PLAIN.withAverageWeight(Double.NaN));
  }

  private static AwmLoss.Batch batch(float[] forward) {
    return new AwmLoss.Batch(
        forward,
        normals(2),
        normals(3),
        normals(4),
        normals(5),
        normals(6),
        new float[] {0.2f, 0.5f, 0.8f, 0.95f},
        new double[] {1.5, -0.5});
  }

  private static float[] normals(long stream) {
    return new Philox(5, stream).normals(0, ROWS * SIZE);
  }

  private static float[] dyadic(long stream) {
    float[] values = normals(stream);
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.round(values[i] * 4) / 4f;
    }
    return values;
  }
}
