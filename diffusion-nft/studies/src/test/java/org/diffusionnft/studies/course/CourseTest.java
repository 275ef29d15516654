package org.diffusionnft.studies.course;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.diffusionnft.images.Png;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.studies.experiment.Experiment;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.LossBranches;
import org.diffusionnft.trainer.nft.LossWeighting;
import org.diffusionnft.trainer.nft.NftLoss;
import org.diffusionnft.trainer.nft.PromptStatistics;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("slow")
class CourseTest {
  private static final ToySampler SAMPLER = new ToySampler(Solver.named("dpm2", true, 0), 30);

  private static final ToySampler EXACT = Chapter.solver(40);

  private final ToyWorld world = ToyWorld.eight();

  /** The paper's decomposition, and the update direction seen from both sides. */
  @Test
  void theOldPolicyIsTheMeanOfBothImplicitOnes() {
    for (double t : new double[] {0.1, 0.5, 0.95}) {
      for (Vector2 x : List.of(new Vector2(0.3, -0.2), new Vector2(1.5, 1), new Vector2(-2, 0))) {
        ToyWorld.At at = world.at(x, t);
        near(at.old(), at.positive().times(at.alpha()).plus(at.negative().times(1 - at.alpha())));
        near(at.direction(), at.old().minus(at.negative()).times(1 - at.alpha()));
        near(at.positive(), world.conditioned(true).at(x, t).old());
        near(at.negative(), world.conditioned(false).at(x, t).old());
      }
    }
  }

  /** The formula is the mean of ε - x0 over noised images that come to a place. */
  @Test
  void theVelocityIsThatOfTheNoisedImages() {
    double t = 0.6;
    Vector2 place = new Vector2(0.8, 0.4);
    List<Vector2> images = SAMPLER.images((x, at) -> world.at(x, at).old(), 60_000);
    Vector2 sum = Vector2.ZERO;
    int count = 0;
    for (int i = 0; i < images.size(); i++) {
      float[] e = new Philox(1, i).normals(0, 2);
      Vector2 noise = new Vector2(e[0], e[1]);
      Vector2 noised = images.get(i).times(1 - t).plus(noise.times(t));
      if (noised.minus(place).length() < 0.2) {
        sum = sum.plus(noise.minus(images.get(i)));
        count++;
      }
    }
    assertTrue(count > 200, "only " + count + " points");
    assertEquals(0, sum.times(1.0 / count).minus(world.at(place, t).old()).length(), 0.2);
  }

  @Test
  void sampledImagesHaveTheSharesOfThePolicy() {
    double all = goodShare((x, t) -> world.at(x, t).old());
    double good = goodShare((x, t) -> world.at(x, t).positive());
    double bad = goodShare((x, t) -> world.at(x, t).negative());
    assertEquals(3 / 8.0, all, 0.06);
    assertTrue(good > 0.75 && bad < 0.15, good + " and " + bad);
  }

  /** Gradient descent on the trainer's loss finds the velocity of the paper's theorem. */
  @Test
  void theLossIsLeastAtTheUpdatedVelocity() {
    double t = 0.6;
    List<Vector2> images = SAMPLER.images((x, at) -> world.at(x, at).old(), 12_000);
    List<SampledUpdate.Cell> cells =
        SampledUpdate.learn(world, images, t, 0.5, LossWeighting.UNIFORM);
    assertTrue(cells.size() > 40, "only " + cells.size() + " cells");
    double error = 0;
    double size = 0;
    for (SampledUpdate.Cell cell : cells) {
      Vector2 exact = world.at(cell.centre(), t).direction().times(2 / 0.5);
      error += cell.learned().minus(cell.old()).minus(exact).length();
      size += exact.length();
    }
    assertTrue(error < 0.35 * size, error + " of " + size);
  }

  /** Chapter 1: the guess of the image, x - t v, tells what is known at a level. */
  @Test
  void theFieldKnowsLittleInNoiseAndAllNearImages() {
    double largest = 0;
    double farthest = 0;
    for (double x = -2; x <= 2; x += 0.25) {
      for (double y = -2; y <= 2; y += 0.25) {
        Vector2 at = new Vector2(x, y);
        largest = Math.max(largest, guess(at, 0.9).length());
        if (Math.abs(at.length() - 1.7) < 0.15) {
          farthest = Math.max(farthest, guess(at, 0.15).length());
        }
      }
    }
    assertTrue(largest < 0.7, "in noise a guess is " + largest + " from the centre");
    assertEquals(2, farthest, 0.5);
  }

  private Vector2 guess(Vector2 at, double t) {
    return at.minus(world.at(at, t).old().times(t));
  }

  /** Chapter 1, "Try": two steps bring everything to the centre, ten nearly all into the blobs. */
  @Test
  void fewStepsDoNotArrive() {
    assertTrue(
        Chapter.solver(2).images(Fields.old(world), 500).stream().allMatch(x -> x.length() < 0.01));
    List<Vector2> four = Chapter.solver(4).images(Fields.old(world), 500);
    assertTrue(median(four.stream().map(Vector2::length).toList()) > 3, "four overshoot");
    List<Vector2> ten = Chapter.solver(10).images(Fields.old(world), 1000);
    assertEquals(0.94, share(ten, x -> world.strayed(x) <= 3), 0.03);
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  /** Chapter 2: three of eight, nine times as often, and a policy between the two. */
  @Test
  void halfOfTheVelocityIsAPolicyBetween() {
    assertEquals(0.38, goodShare(Fields.mixed(world, 0)), 0.04);
    assertEquals(0.63, goodShare(Fields.mixed(world, 0.5)), 0.04);
    assertEquals(0.85, goodShare(Fields.mixed(world, 1)), 0.04);
    List<ToyWorld.Blob> trained = world.conditioned(true).blobs();
    assertEquals(9, trained.getFirst().share() / trained.get(4).share(), 1e-9);
    assertTrue(goodShare(Fields.negative(world)) < 0.1);
  }

  /** Chapter 2: mixing the weights of a linear layer is mixing what it gives. */
  @Test
  void mixedWeightsGiveMixedVelocities() {
    Vector2 x = new Vector2(0.3, -1.2);
    double mixedWeight = 0.9 * 0.7 + 0.1 * 1.5;
    near(x.times(0.7).times(0.9).plus(x.times(1.5).times(0.1)), x.times(mixedWeight));
  }

  /** Chapter 3: where every image is as good as the next there is nothing to change. */
  @Test
  void theDirectionIsLongWhereItIsStillOpen() {
    double rim = world.at(new Vector2(2.2, 0), 0.6).direction().length();
    double centre = world.at(Vector2.ZERO, 0.6).direction().length();
    assertTrue(rim < 0.03 && centre > 0.75, rim + " and " + centre);
    assertEquals(0.9, world.at(new Vector2(2.6, 0), 0.3).alpha(), 0.01);
    assertEquals(0.1, world.at(new Vector2(-2.6, 0), 0.3).alpha(), 0.01);
  }

  /** Chapter 3, "Try": with one good blob v+ is far away and v- near, and both sides are equal. */
  @Test
  void bothSidesContributeTheSameWhateverIsGood() {
    for (int good = 1; good < ToyWorld.BLOBS; good++) {
      ToyWorld other = ToyWorld.eight(good);
      assertEquals(good, other.blobs().stream().filter(b -> b.r() > 0.5).count());
      double toPositive = 0;
      double toNegative = 0;
      for (double x = -2.5; x <= 2.5; x += 0.5) {
        for (double y = -2.5; y <= 2.5; y += 0.5) {
          ToyWorld.At at = other.at(new Vector2(x, y), 0.6);
          near(at.direction(), at.old().minus(at.negative()).times(1 - at.alpha()));
          toPositive += at.positive().minus(at.old()).length();
          toNegative += at.old().minus(at.negative()).length();
        }
      }
      if (good == 1) {
        assertTrue(toPositive > 2 * toNegative, toPositive + " and " + toNegative);
      }
    }
  }

  /** Chapter 4 and its "Try": with ten steps one strays and the other bends, with 40 neither. */
  @Test
  void bothSolversErrWithFewSteps() {
    List<Vector2> noisy = Chapter.noisy(10).images(Fields.old(world), 4000);
    List<Vector2> exact = Chapter.solver(10).images(Fields.old(world), 4000);
    assertEquals(0.015, census(noisy).between(), 0.006);
    assertTrue(census(exact).between() < 0.006);
    assertEquals(1, census(noisy).elongation(), 0.15);
    assertTrue(census(exact).elongation() > 1.7, census(exact).toString());

    List<Vector2> patient = Chapter.noisy(40).images(Fields.old(world), 4000);
    List<Vector2> fine = Chapter.solver(40).images(Fields.old(world), 4000);
    assertTrue(census(patient).between() < 0.006);
    assertEquals(1, census(fine).elongation(), 0.15);
  }

  private Census census(List<Vector2> images) {
    return Census.of(world, images);
  }

  /** Chapter 5: the implicit policies lie at the same distance on both sides of the old one. */
  @Test
  void theTwoImplicitPoliciesMirrorEachOther() {
    Vector2 old = new Vector2(0.3, 0.1);
    Vector2 trained = new Vector2(-0.2, 0.8);
    double beta = 0.7;
    Vector2 positive = old.times(1 - beta).plus(trained.times(beta));
    Vector2 negative = old.times(1 + beta).minus(trained.times(beta));
    near(trained.minus(old).times(beta), positive.minus(old));
    near(positive.minus(old), old.minus(negative));
  }

  /** Chapter 5 and its "Try": a smaller beta goes further, and too far. */
  @Test
  void betaSetsTheStep() {
    assertEquals(0.72, goodShare(Fields.updated(world, 1)), 0.04);
    assertEquals(0.88, goodShare(Fields.updated(world, 0.5)), 0.04);
    List<Vector2> tooFar = EXACT.images(Fields.updated(world, 0.1), 1000);
    assertTrue(share(tooFar, x -> world.r(x) > 0.5) > 0.99);
    assertEquals(0.59, census(tooFar).strayed(), 0.06);
  }

  /** Chapter 5, from reward to r: the table in the text. */
  @Test
  void rewardsBecomeOptimalities() {
    double[] r = optimalities(new float[] {1, 1, 0, 0}, 5);
    assertArrayEquals(new double[] {0.6, 0.6, 0.4, 0.4}, r, 1e-4);
    assertArrayEquals(
        new double[] {0.673, 0.442, 0.442, 0.442}, optimalities(new float[] {1, 0, 0, 0}, 5), 1e-3);
    assertArrayEquals(
        new double[] {0.5, 0.5, 0.5, 0.5}, optimalities(new float[] {1, 1, 1, 1}, 5), 0);
    assertArrayEquals(new double[] {1, 1, 0, 0}, optimalities(new float[] {1, 1, 0, 0}, 1), 1e-3);
  }

  private static double[] optimalities(float[] rewards, double clip) {
    float[][] table = new float[rewards.length][];
    for (int i = 0; i < table.length; i++) {
      table[i] = new float[] {rewards[i]};
    }
    double[][] advantages =
        PromptStatistics.of(Collections.nCopies(rewards.length, "a cat"), table)
            .advantages(PromptStatistics.Spread.PER_PROMPT);
    return Arrays.stream(advantages)
        .mapToDouble(a -> AdvantageMode.ALL.optimality(a[0], clip))
        .toArray();
  }

  /** Chapter 5: r = 1/2 points nowhere, but holds the policy back, with the gradient 2 beta^2 d. */
  @Test
  void anUndecidedImagePullsBack() {
    double beta = 0.5;
    float[] old = {0.25f, -0.5f};
    float[] moved = {0.75f, 0.25f};
    assertArrayEquals(new float[2], gradient(LossBranches.BOTH, beta, old, old, 0.5), 1e-6f);
    float[] back = gradient(LossBranches.BOTH, beta, moved, old, 0.5);
    for (int i = 0; i < 2; i++) {
      assertEquals(2 * beta * beta * (moved[i] - old[i]) / 2, back[i] / SCALE * beta, 1e-6);
    }
  }

  /** Chapter 5: with the adaptive weight the direction is much the same, the length is not. */
  @Test
  void theAdaptiveWeightKeepsTheDirection() {
    List<Vector2> images = EXACT.images(Fields.old(world), 12_000);
    double dot = 0;
    double exact = 0;
    double learned = 0;
    for (SampledUpdate.Cell cell :
        SampledUpdate.learn(world, images, 0.6, 1, LossWeighting.SELF_NORMALIZED)) {
      Vector2 formula = world.at(cell.centre(), 0.6).direction().times(2);
      Vector2 found = cell.learned().minus(cell.old());
      dot += formula.x() * found.x() + formula.y() * found.y();
      exact += formula.length() * formula.length();
      learned += found.length() * found.length();
    }
    assertEquals(0.92, dot / Math.sqrt(exact * learned), 0.03);
    assertEquals(1.2, Math.sqrt(learned / exact), 0.1);
  }

  /** Chapter 6: the goal is guidance whose scale is 2 alpha / beta, place by place. */
  @Test
  void theGoalIsGuidanceThatKnowsWhereItIs() {
    for (Vector2 x : List.of(Vector2.ZERO, new Vector2(1.5, 1), new Vector2(-2, 0.3))) {
      ToyWorld.At at = world.at(x, 0.6);
      near(
          Fields.guided(world, 2 * at.alpha() / 0.5).at(x, 0.6),
          Fields.updated(world, 0.5).at(x, 0.6));
    }
    assertEquals(0.98, goodShare(Fields.guided(world, 2)), 0.03);
  }

  /** Chapter 6: weighting by r alone has v+ for its goal. */
  @Test
  void rewardWeightedRegressionEndsAtThePositivePolicy() {
    double t = 0.6;
    List<Vector2> images = EXACT.images(Fields.old(world), 60_000);
    Vector2 place = new Vector2(0.2, 0.3);
    Vector2 sum = Vector2.ZERO;
    double weights = 0;
    for (int i = 0; i < images.size(); i++) {
      float[] e = new Philox(8, i).normals(0, 2);
      Vector2 noise = new Vector2(e[0], e[1]);
      if (images.get(i).times(1 - t).plus(noise.times(t)).minus(place).length() < 0.25) {
        double r = world.r(images.get(i));
        sum = sum.plus(noise.minus(images.get(i)).times(r));
        weights += r;
      }
    }
    assertEquals(0, sum.times(1 / weights).minus(world.at(place, t).positive()).length(), 0.25);
  }

  /** Chapter 6: a bad image pushes here and pulls there; the same goal, five times the noise. */
  @Test
  void rewardWeightedRegressionFollowsBadImagesToo() {
    float[] old = {0.25f, -0.5f};
    float good = gradient(LossBranches.BOTH, 1, old, old, 0.6)[0];
    float bad = gradient(LossBranches.BOTH, 1, old, old, 0.4)[0];
    assertEquals(-1, bad / good, 1e-5);
    float goodPull = gradient(LossBranches.POSITIVE, 1, old, old, 0.6)[0];
    float badPull = gradient(LossBranches.POSITIVE, 1, old, old, 0.4)[0];
    assertEquals(0.4 / 0.6, badPull / goodPull, 1e-5);
    // What a good and a bad image differ by is what is learned; the rest is noise.
    double signal = (good - bad) / Math.abs(good);
    double weightedSignal = (goodPull - badPull) / Math.abs((goodPull + badPull) / 2);
    assertEquals(5, signal / weightedSignal, 1e-4);
  }

  private static final double SCALE = 5;

  /** The gradient at a prediction for one image of the velocity (1, -1), unweighted. */
  private static float[] gradient(
      LossBranches branches, double beta, float[] forward, float[] old, double r) {
    float t = 0.5f;
    float[] x0 = {-0.5f, 0.25f};
    float[] xt = {x0[0] + t, x0[1] - t}; // x0 + t v
    NftLoss loss = new NftLoss(beta, 0, SCALE, AdvantageMode.ALL, branches, LossWeighting.UNIFORM);
    double[] advantage = {(2 * r - 1) * SCALE};
    return loss.evaluate(new NftLoss.Batch(forward, old, x0, xt, new float[] {t}, advantage))
        .gradient();
  }

  private double goodShare(ToySampler.Field field) {
    return share(EXACT.images(field, 2000), x -> world.r(x) > 0.5);
  }

  private static double share(List<Vector2> images, Predicate<Vector2> test) {
    return (double) images.stream().filter(test).count() / images.size();
  }

  @ParameterizedTest
  @EnumSource
  void everyChapterHasAPicture(Chapter chapter) {
    BufferedImage image = chapter.draw(Trial.NONE);
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y += 3) {
      for (int x = 0; x < image.getWidth(); x += 3) {
        colours.add(image.getRGB(x, y));
      }
    }
    assertTrue(colours.size() > 50, "nearly empty");
    assertTrue(image.getWidth() >= 2 * Panel.SIDE);
  }

  /** What a chapter's "Try" says can be tried, and changes its picture. */
  @Test
  void everyTrialChangesThePicture() {
    for (Chapter chapter : Chapter.values()) {
      for (Trial trial :
          List.of(new Trial(4, null, null), new Trial(null, 1, null), new Trial(null, null, 0.2))) {
        if (takes(chapter, trial)) {
          byte[] usual = Png.encode(chapter.draw(Trial.NONE));
          assertFalse(Arrays.equals(usual, Png.encode(chapter.draw(trial))), chapter + " " + trial);
        }
      }
    }
    assertTrue(takes(Chapter.number(1), new Trial(2, null, null)));
    assertTrue(takes(Chapter.number(3), new Trial(null, 1, null)));
    assertTrue(takes(Chapter.number(4), new Trial(40, null, null)));
    assertTrue(takes(Chapter.number(5), new Trial(null, null, 0.2)));
    assertTrue(takes(Chapter.number(6), new Trial(null, null, 0.25)));
    refuses("--beta changes nothing in chapter 1, which takes --steps", 1, null, null, 0.2);
  }

  private static boolean takes(Chapter chapter, Trial trial) {
    try {
      trial.requireWithin(chapter.knobs(), 0);
      return true;
    } catch (InvalidInputException e) {
      return false;
    }
  }

  @Test
  void trialsHaveBounds() {
    refuses("--steps must be 1 to 1000, not 0", 1, 0, null, null);
    refuses("--steps must be 1 to 1000, not 1001", 1, 1001, null, null);
    refuses("--good must be 1 to 7 of the 8 blobs, not 8", 3, null, 8, null);
    refuses("--beta must be 0.1 to 10, not 0.0", 5, null, null, 0.0);
    refuses("--beta must be 0.1 to 10, not NaN", 5, null, null, Double.NaN);
  }

  private static void refuses(
      String said,
      int chapter,
      @Nullable Integer steps,
      @Nullable Integer good,
      @Nullable Double beta) {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> Chapter.number(chapter).draw(new Trial(steps, good, beta)));
    assertEquals(said, e.getMessage());
  }

  /** The experiments that chapters send their readers to. */
  @Test
  void theExperimentsThatAreNamedExist() {
    for (String name : List.of("soft-update", "solver", "negative-branch", "guidance")) {
      assertTrue(Experiment.ablation(name).name().contains(name), name);
    }
  }

  @Test
  void thereAreSixChapters() {
    assertEquals(Chapter.RELATIVES, Chapter.number(6));
    assertThrows(IllegalArgumentException.class, () -> Chapter.number(7));
    assertThrows(IllegalArgumentException.class, () -> Chapter.number(0));
  }

  private static void near(Vector2 expected, Vector2 found) {
    assertEquals(0, expected.minus(found).length(), 1e-9 * (1 + expected.length()));
  }
}
