package org.diffusionnft.studies.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.studies.demo.Demo;
import org.diffusionnft.studies.experiment.Curve.Cost;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.MeanInterval;
import org.junit.jupiter.api.Test;

class EqualScoreTest {
  @Test
  void costsLieBetweenEvaluations() {
    Curve curve = curve(100, 0.2, 0.4, 0.3, 0.8);
    assertEquals(0, curve.costOf(0.2, Cost.SAMPLES));
    assertEquals(50, curve.costOf(0.3, Cost.SAMPLES), 1e-9);
    assertEquals(250, curve.costOf(0.55, Cost.SAMPLES), 1e-9);
    assertEquals(7.5, curve.costOf(0.55, Cost.STEPS), 1e-9);
    assertEquals(Double.POSITIVE_INFINITY, curve.costOf(0.9, Cost.SECONDS));
  }

  @Test
  void aRivalOfHalfTheSpeedCostsTwiceAsMuch() {
    List<Curve> ours = List.of(curve(100, 0.2, 0.4, 0.6), curve(100, 0.2, 0.5, 0.8));
    List<Curve> rivals = List.of(curve(100, 0.2, 0.3, 0.4), curve(100, 0.2, 0.35, 0.5));
    EqualScore equal = EqualScore.of(ours, rivals);
    assertEquals(0.45, equal.score().mean(), 1e-9);
    for (MeanInterval ratio : equal.ratios()) {
      assertEquals(2, ratio.mean(), 1e-9);
      assertEquals(0, ratio.half(), 1e-9);
    }
    List<Curve> flat = List.of(curve(100, 0.2, 0.1, 0.1), curve(100, 0.2, 0.35, 0.5));
    assertTrue(EqualScore.of(ours, flat).ratios().isEmpty(), "nothing to compare");
  }

  @Test
  void intervalsAreStudents() {
    MeanInterval interval = MeanInterval.of(1, 2, 3);
    assertEquals(2, interval.mean());
    assertEquals(4.30265 / Math.sqrt(3), interval.half(), 1e-4);
    assertEquals("200.0 ± 248.4", interval.text(100, 1));
    assertEquals("1.0 (one seed)", MeanInterval.of(1).text(1, 1));
  }

  @Test
  void everyArmHasSettingsOfItsOwn() {
    TrainConfig base = Demo.defaultConfig();
    List<Experiment> all = new ArrayList<>(Experiment.ABLATIONS);
    all.add(Experiment.HEAD_TO_HEAD);
    all.add(Experiment.OBJECTIVES);
    for (Experiment experiment : all) {
      long different = experiment.arms().stream().map(a -> a.config(base)).distinct().count();
      assertEquals(experiment.arms().size(), different, experiment.name());
      for (Arm arm : experiment.arms()) {
        assertEquals(base.prompts(), arm.config(base).prompts());
        assertEquals(base.evaluation(), arm.config(base).evaluation());
      }
    }
    assertThrows(IllegalArgumentException.class, () -> Experiment.ablation("nothing"));
  }

  private static Curve curve(long every, double... scores) {
    List<Curve.Point> points = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      points.add(new Curve.Point(i * every, 3L * i, 2.0 * i, 4.0 * i, scores[i]));
    }
    return new Curve(points);
  }
}
