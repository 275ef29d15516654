package org.diffusionnft.trainer.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class MeanIntervalTest {
  private static final double[] VALUES = {0.2, 0.9, 0.4, 0.7, 0.1};

  @Test
  void groupsOfOneAreNoGroups() {
    MeanInterval plain = MeanInterval.of(VALUES);
    MeanInterval grouped = MeanInterval.grouped(VALUES, List.of(1, 2, 3, 4, 5));
    assertEquals(plain.mean(), grouped.mean(), 1e-15);
    assertEquals(plain.half(), grouped.half(), 1e-12);
    assertEquals(5, grouped.count());
  }

  /** Copies of the same values say nothing new. */
  @Test
  void equalValuesOfAGroupCountOnce() {
    double[] twice = {0.2, 0.2, 0.9, 0.9, 0.4, 0.4, 0.7, 0.7, 0.1, 0.1};
    MeanInterval grouped = MeanInterval.grouped(twice, List.of(1, 1, 2, 2, 3, 3, 4, 4, 5, 5));
    assertEquals(MeanInterval.of(VALUES).half(), grouped.half(), 1e-12);
    assertTrue(MeanInterval.of(twice).half() < grouped.half());
  }

  @Test
  void aSingleGroupHasNoInterval() {
    MeanInterval one = MeanInterval.grouped(VALUES, List.of("a", "a", "a", "a", "a"));
    assertEquals(0.46, one.mean(), 1e-15);
    assertTrue(Double.isNaN(one.half()));
  }
}
