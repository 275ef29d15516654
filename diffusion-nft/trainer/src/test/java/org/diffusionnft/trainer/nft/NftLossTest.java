package org.diffusionnft.trainer.nft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.nft.NftLoss.Batch;
import org.diffusionnft.trainer.nft.NftLoss.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NftLossTest {
  private static final int SAMPLES = 4;
  private static final int SIZE = 4;

  /**
   * The paper's theorem for fixed samples: several images noised to one and the same x_t, a policy
   * that predicts one velocity for all of them. Every number is a small multiple of a power of two,
   * so that floats hold all of them exactly and the gradient at the minimiser is exactly zero.
   */
  @ParameterizedTest
  @CsvSource({"1", "0.5", "0.25", "2"})
  void gradientVanishesAtTheTheoremsMinimiser(double beta) {
    float t = 0.5f;
    float[] xt = {0.5f, -1.25f, 2f, 0.75f};
    float[] old = {0.25f, 1f, -0.5f, 0.5f};
    float[][] images = {
      {1, 0, -1, 0.5f}, {0.5f, -2, 1.5f, 1}, {-0.25f, 1, 3, -1}, {2, -0.5f, 0, 0.25f}
    };
    double[] advantages = {1, -0.5, 0.25, -1};

    float[] minimiser = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      double mean = 0;
      for (int b = 0; b < SAMPLES; b++) {
        double r = advantages[b] / 2 + 0.5;
        double velocity = (xt[i] - images[b][i]) / t;
        mean += (2 * r - 1) * (velocity - old[i]) / SAMPLES;
      }
      minimiser[i] = (float) (old[i] + mean / beta);
    }

    NftLoss loss = new NftLoss(beta, 0, 1, AdvantageMode.ALL, LossWeighting.UNIFORM);
    double atMinimiser = 0;
    float[] total = new float[SIZE];
    Outcome outcome = loss.evaluate(oneXt(minimiser, old, images, xt, t, advantages));
    for (int j = 0; j < outcome.gradient().length; j++) {
      assertNotEquals(0, outcome.gradient()[j], "single samples do pull");
      total[j % SIZE] += outcome.gradient()[j];
    }
    atMinimiser = outcome.terms().totalLoss();
    assertArrayEquals(new float[SIZE], total);

    for (int i = 0; i < SIZE; i++) {
      for (float step : new float[] {-0.125f, 0.125f}) {
        float[] moved = minimiser.clone();
        moved[i] += step;
        double there =
            loss.evaluate(oneXt(moved, old, images, xt, t, advantages)).terms().totalLoss();
        // The loss is quadratic: advClipMax / beta * mean over N of beta² step².
        assertEquals(atMinimiser + beta * step * step / SIZE, there, 1e-12);
      }
    }
  }

  /** With these r, twice the paper's Δ is the same thing as E[(2r - 1)(v - v_old)]. */
  @Test
  void minimiserIsTwiceThePapersDelta() {
    double[] r = {0.75, 0.25, 1, 0.5};
    double[] velocity = {1, -2, 0.5, 3};
    double old = 0;
    for (double v : velocity) {
      old += v / velocity.length;
    }
    // Δ = α (v⁺ - v_old), α = E[r], v⁺ = E[r v] / E[r]: the old policy predicts the mean velocity.
    double meanR = 0;
    double meanRv = 0;
    double signal = 0;
    for (int i = 0; i < r.length; i++) {
      meanR += r[i] / r.length;
      meanRv += r[i] * velocity[i] / r.length;
      signal += (2 * r[i] - 1) * (velocity[i] - old) / r.length;
    }
    double delta = meanR * (meanRv / meanR - old);
    assertEquals(2 * delta, signal, 1e-15);
  }

  /** Central differences in double precision of the loss written down again, weights held fixed. */
  @ParameterizedTest
  @EnumSource(LossWeighting.class)
  void gradientIsThatOfTheFormula(LossWeighting weighting) {
    for (AdvantageMode mode : AdvantageMode.values()) {
      NftLoss loss = new NftLoss(0.3, 0.2, 2, mode, weighting);
      Batch batch = randomBatch();
      Outcome outcome = loss.evaluate(batch);
      double h = 1e-4;
      for (int i = 0; i < batch.x0().length; i++) {
        double up = formula(loss, batch, outcome, i, h);
        double down = formula(loss, batch, outcome, i, -h);
        assertEquals((up - down) / (2 * h), outcome.gradient()[i], 2e-6, mode + " element " + i);
      }
      assertEquals(formula(loss, batch, outcome, 0, 0), outcome.terms().totalLoss(), 1e-5);
    }
  }

  @Test
  void modesMapAdvantagesToOptimality() {
    assertEquals(0.5 + 1.0 / 10, AdvantageMode.ALL.optimality(1, 5));
    assertEquals(1, AdvantageMode.ALL.optimality(7, 5));
    assertEquals(0, AdvantageMode.ALL.optimality(-7, 5));
    assertEquals(0.5, AdvantageMode.POSITIVE_ONLY.optimality(-3, 5));
    assertEquals(0.5, AdvantageMode.NEGATIVE_ONLY.optimality(3, 5));
    assertEquals(0.5 + 1.0 / 10, AdvantageMode.ONE_ONLY.optimality(3, 5));
    assertEquals(0.5, AdvantageMode.ONE_ONLY.optimality(-3, 5));
    assertEquals(0.5 - 1.0 / 10, AdvantageMode.BINARY.optimality(-0.001, 5));
    assertEquals(0.5, AdvantageMode.BINARY.optimality(0, 5));
  }

  /** Minimiser: {@code v_old + (1/β) E[(2r - 1)(v - v_old)] + (2 offset/β) E[v - v_old]}. */
  @Test
  void anOffsetMovesTheMinimiserTowardsTheImagesOfTheOldPolicy() {
    Batch batch = randomBatch();
    double beta = 0.5;
    double offset = 0.125;
    NftLoss plain = uniform(beta, 0);
    NftLoss shifted = uniform(beta, offset);
    float[] before = plain.evaluate(batch).gradient();
    float[] after = shifted.evaluate(batch).gradient();
    int perSample = batch.x0().length / batch.advantages().length;
    for (int i = 0; i < before.length; i++) {
      float t = batch.t()[i / perSample];
      // The loss is β² |δ|² - 2 β δ (2r - 1) u for each, so the offset adds -4 β offset u to its
      // derivative, whatever the policy is; times advClipMax / β, in a mean over all numbers.
      double u = (batch.xt()[i] - batch.x0()[i]) / t - batch.old()[i];
      double expected = -4 * beta * offset * u * 5 / beta / before.length;
      assertEquals(expected, after[i] - before[i], 2e-6, "element " + i);
    }
  }

  @Test
  void anOffsetIsAddedToTheOptimality() {
    NftLoss loss = uniform(1, 0.25);
    assertEquals(0.75, loss.optimality(0));
    assertEquals(0.25, loss.optimality(-5));
    assertEquals(1, loss.optimality(4), "a probability stays one");
    assertEquals(AdvantageMode.ALL.optimality(2, 5), uniform(1, 0).optimality(2));
    for (double wrong : new double[] {-0.1, 0.6, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> uniform(1, wrong));
    }
  }

  private static NftLoss uniform(double beta, double offset) {
    return new NftLoss(
        beta, 0, 5, AdvantageMode.ALL, LossBranches.BOTH, LossWeighting.UNIFORM, offset);
  }

  @Test
  void referenceModelIsOnlyNeededForItsTerm() {
    Batch with = randomBatch();
    Batch without =
        new Batch(
            with.forward(), with.old(), null, with.x0(), with.xt(), with.t(), with.advantages());
    NftLoss free = new NftLoss(1, 0, 5, AdvantageMode.ALL, LossWeighting.SELF_NORMALIZED);
    Outcome a = free.evaluate(with);
    Outcome b = free.evaluate(without);
    assertArrayEquals(a.gradient(), b.gradient());
    assertTrue(a.terms().referenceMse().isPresent());
    assertTrue(b.terms().referenceMse().isEmpty());
    assertThrows(IllegalArgumentException.class, () -> NftLoss.official().evaluate(without));
  }

  @Test
  void refusesNumbersOutOfRange() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new NftLoss(0, 0, 5, AdvantageMode.ALL, LossWeighting.UNIFORM));
    assertThrows(
        IllegalArgumentException.class,
        () -> new NftLoss(1, Double.NaN, 5, AdvantageMode.ALL, LossWeighting.UNIFORM));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Batch(
                new float[2],
                new float[3],
                null,
                new float[3],
                new float[3],
                new float[1],
                new double[1]));
  }

  private static Batch oneXt(
      float[] forward, float[] old, float[][] images, float[] xt, float t, double[] advantages) {
    int samples = images.length;
    float[] x0 = new float[samples * xt.length];
    for (int b = 0; b < samples; b++) {
      System.arraycopy(images[b], 0, x0, b * xt.length, xt.length);
    }
    float[] ts = new float[samples];
    java.util.Arrays.fill(ts, t);
    return new Batch(
        repeat(forward, samples),
        repeat(old, samples),
        null,
        x0,
        repeat(xt, samples),
        ts,
        advantages);
  }

  private static float[] repeat(float[] x, int times) {
    float[] out = new float[x.length * times];
    for (int i = 0; i < out.length; i++) {
      out[i] = x[i % x.length];
    }
    return out;
  }

  private static Batch randomBatch() {
    int n = SAMPLES * SIZE;
    float[] x0 = new Philox(1, 0).normals(0, n);
    float[] noise = new Philox(1, 1).normals(0, n);
    float[] t = {0.9f, 0.5f, 0.25f, 0.7f};
    float[] xt = new float[n];
    for (int i = 0; i < n; i++) {
      xt[i] = (1 - t[i / SIZE]) * x0[i] + t[i / SIZE] * noise[i];
    }
    return new Batch(
        new Philox(1, 2).normals(0, n),
        new Philox(1, 3).normals(0, n),
        new Philox(1, 4).normals(0, n),
        x0,
        xt,
        t,
        new double[] {0.7, -1.3, 2.5, 0});
  }

  /**
   * The loss as the class documentation writes it, with element {@code moved} moved by {@code h}.
   */
  private static double formula(NftLoss loss, Batch batch, Outcome at, int moved, double h) {
    double beta = loss.guidanceBeta();
    double total = 0;
    for (int i = 0; i < batch.x0().length; i++) {
      int b = i / SIZE;
      double v = batch.forward()[i] + (i == moved ? h : 0);
      double old = batch.old()[i];
      double positive = batch.xt()[i] - batch.t()[b] * ((1 - beta) * old + beta * v);
      double negative = batch.xt()[i] - batch.t()[b] * ((1 + beta) * old - beta * v);
      double x0 = batch.x0()[i];
      double r = at.samples().r()[b];
      double policy =
          r * (positive - x0) * (positive - x0) / at.samples().positiveWeight()[b]
              + (1 - r) * (negative - x0) * (negative - x0) / at.samples().negativeWeight()[b];
      float[] reference = batch.reference();
      double distance = reference == null ? 0 : v - reference[i];
      total += policy * loss.advClipMax() / beta + loss.referenceMseWeight() * distance * distance;
    }
    return total / batch.x0().length;
  }
}
