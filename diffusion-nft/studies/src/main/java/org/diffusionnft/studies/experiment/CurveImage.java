package org.diffusionnft.studies.experiment;

import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Png;
import org.diffusionnft.studies.chart.LineChart;
import org.diffusionnft.studies.experiment.Curve.Cost;
import org.diffusionnft.trainer.evaluation.MeanInterval;

/** A chart of all arms' scores over their cost: the mean over seeds and its interval. */
final class CurveImage {
  private static final Color[] COLOURS = {
    new Color(0x1f, 0x5f, 0xb0),
    new Color(0xd0, 0x60, 0x20),
    new Color(0x2e, 0xa0, 0x43),
    new Color(0x8a, 0x4f, 0xb5),
    new Color(0x90, 0x70, 0x20)
  };
  private static final Color GREY = new Color(0x80, 0x80, 0x80);

  /** Margin below the lowest and above the highest value, in percentage points of the score. */
  private static final double ROOM = 2;

  /** One arm: cost, mean score in percent and half its interval at each evaluation. */
  private record Line(String name, double[] x, double[] y, double[] half) {}

  private CurveImage() {}

  /** The chart as a PNG. */
  static byte[] png(ExperimentRun.Results results, Cost cost) {
    List<Line> lines = new ArrayList<>();
    for (Map.Entry<Arm, List<Curve>> e : results.curves().entrySet()) {
      lines.add(line(e.getKey(), e.getValue(), cost));
    }
    double base = 100 * results.baseScore();
    double guided = 100 * results.guidedScore();
    double low = Math.min(base, guided);
    double high = Math.max(base, guided);
    for (Line line : lines) {
      for (int i = 0; i < line.y().length; i++) {
        low = Math.min(low, line.y()[i] - line.half()[i]);
        high = Math.max(high, line.y()[i] + line.half()[i]);
      }
    }
    LineChart chart =
        new LineChart(
            cost.title(), "strict score, %", Math.max(0, low - ROOM), Math.min(100, high + ROOM));
    int next = 0;
    for (Line line : lines) {
      Color colour = COLOURS[next++ % COLOURS.length];
      chart.measured(line.name(), line.x(), line.y(), line.half(), colour);
    }
    chart.level("base", base, GREY).level("base with guidance", guided, GREY);
    return Png.encode(chart.draw());
  }

  private static Line line(Arm arm, List<Curve> curves, Cost cost) {
    int points = curves.stream().mapToInt(c -> c.points().size()).min().orElse(0);
    double[] x = new double[points];
    double[] y = new double[points];
    double[] half = new double[points];
    for (int i = 0; i < points; i++) {
      int at = i;
      x[i] = curves.stream().mapToDouble(c -> c.points().get(at).used(cost)).average().orElse(0);
      MeanInterval score =
          MeanInterval.of(
              curves.stream().mapToDouble(c -> 100 * c.points().get(at).score()).toArray());
      y[i] = score.mean();
      half[i] = Double.isNaN(score.half()) ? 0 : score.half();
    }
    return new Line(arm.title(), x, y, half);
  }
}
