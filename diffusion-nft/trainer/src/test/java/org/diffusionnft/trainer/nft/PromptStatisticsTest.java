package org.diffusionnft.trainer.nft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.diffusionnft.trainer.nft.PromptStatistics.Spread;
import org.junit.jupiter.api.Test;

class PromptStatisticsTest {
  private static final List<String> PROMPTS = List.of("b", "a", "b", "a", "c", "b");
  private static final float[][] REWARDS = {{1}, {2}, {2}, {4}, {5}, {6}};

  @Test
  void advantagesCompareImagesOfOnePrompt() {
    PromptStatistics statistics = PromptStatistics.of(PROMPTS, REWARDS);
    double stdB = Math.sqrt((4 + 1 + 9) / 3.0) + 1e-4;
    double stdA = 1 + 1e-4;
    assertArrayEquals(
        new double[] {-2 / stdB, -1 / stdA, -1 / stdB, 1 / stdA, 0, 3 / stdB},
        column(statistics.advantages(Spread.PER_PROMPT)),
        1e-15);
    double all = Math.sqrt(86 / 6.0 - (20 / 6.0) * (20 / 6.0)) + 1e-4;
    assertArrayEquals(
        new double[] {-2 / all, -1 / all, -1 / all, 1 / all, 0, 3 / all},
        column(statistics.advantages(Spread.GLOBAL)),
        1e-14);
  }

  @Test
  void countsGroupsWithoutVariance() {
    PromptStatistics statistics = PromptStatistics.of(PROMPTS, REWARDS);
    assertEquals(1.0 / 3, statistics.zeroStdRatio());
    assertEquals(2, statistics.groupSize());
    assertEquals(3, statistics.prompts().size());
    assertEquals((Math.sqrt(14 / 3.0) + 1) / 3, statistics.rewardStdMean(), 1e-6);
  }

  @Test
  void bestRewardsAreThoseAboveThePercentile() {
    PromptStatistics statistics = PromptStatistics.of(PROMPTS, REWARDS);
    assertEquals((3 + 3 + 5) / 3.0, statistics.meanOfTop(100), 1e-15);
    // Medians 2, 3 and 5: of b 2 and 6 remain, of a 4.
    assertEquals((4 + 4 + 5) / 3.0, statistics.meanOfTop(50), 1e-15);
    assertEquals((6 + 4 + 5) / 3.0, statistics.meanOfTop(0), 1e-15);
    assertThrows(IllegalArgumentException.class, () -> statistics.meanOfTop(101));
  }

  @Test
  void promptsThatDifferInOneCharacterAreDifferent() {
    PromptStatistics statistics =
        PromptStatistics.of(List.of("a cat", "a cat ", "A cat"), new float[][] {{1}, {2}, {3}});
    assertEquals(1, statistics.groupSize());
  }

  @Test
  void float32SumsAreNumPys() {
    // numpy 2.4: np.std(np.arange(1, 301, dtype=np.float32) * np.float32(0.1)) and its mean.
    float[] x = new float[300];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i + 1) * 0.1f;
    }
    assertEquals(15.0500002f, Float32Statistics.mean(x));
    assertEquals(8.66020584f, Float32Statistics.std(x));
    // Seven times 0.1 sums to something else than 7 * 0.1 in float32: "no variance" is a small one.
    float[] equal = new float[7];
    Arrays.fill(equal, 0.1f);
    assertEquals(7.4505806e-09f, Float32Statistics.std(equal));
  }

  private static double[] column(double[][] table) {
    return Arrays.stream(table).mapToDouble(row -> row[0]).toArray();
  }
}
