package org.diffusionnft.studies.experiment;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Png;
import org.diffusionnft.studies.experiment.Curve.Cost;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Scores of all arms over what they cost: the mean over seeds and its interval. */
final class CurveImage {
  private static final Color[] COLOURS = {
    new Color(0x1f, 0x5f, 0xb0),
    new Color(0xd0, 0x60, 0x20),
    new Color(0x2e, 0xa0, 0x43),
    new Color(0x8a, 0x4f, 0xb5),
    new Color(0x90, 0x70, 0x20)
  };
  private static final Color GREY = new Color(0x80, 0x80, 0x80);

  private CurveImage() {}

  /** A PNG. */
  static byte[] png(ExperimentRun.Results results, Cost cost) {
    XYChart chart =
        new XYChartBuilder()
            .width(860)
            .height(460)
            .xAxisTitle(cost.title())
            .yAxisTitle("strict score, %")
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBackgroundColor(Color.WHITE);
    chart.getStyler().setMarkerSize(5);
    int next = 0;
    double end = 0;
    for (Map.Entry<Arm, List<Curve>> e : results.curves().entrySet()) {
      end = Math.max(end, add(chart, e.getKey(), e.getValue(), cost, COLOURS[next++ % 5]));
    }
    level(chart, "base", results.baseScore(), end);
    level(chart, "base with guidance", results.guidedScore(), end);
    return Png.encode(BitmapEncoder.getBufferedImage(chart));
  }

  private static double add(XYChart chart, Arm arm, List<Curve> curves, Cost cost, Color colour) {
    int points = curves.stream().mapToInt(c -> c.points().size()).min().orElse(0);
    double[] x = new double[points];
    double[] y = new double[points];
    double[] error = new double[points];
    for (int i = 0; i < points; i++) {
      int at = i;
      x[i] = curves.stream().mapToDouble(c -> c.points().get(at).used(cost)).average().orElse(0);
      MeanInterval score =
          MeanInterval.of(
              curves.stream().mapToDouble(c -> 100 * c.points().get(at).score()).toArray());
      y[i] = score.mean();
      error[i] = Double.isNaN(score.half()) ? 0 : score.half();
    }
    XYSeries series = chart.addSeries(arm.title(), x, y, error);
    series.setLineColor(colour);
    series.setMarkerColor(colour);
    series.setMarker(SeriesMarkers.CIRCLE);
    return points == 0 ? 0 : x[points - 1];
  }

  private static void level(XYChart chart, String name, double score, double end) {
    XYSeries series =
        chart.addSeries(name, new double[] {0, end}, new double[] {100 * score, 100 * score});
    series.setLineColor(GREY);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(
        new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {5, 5}, 0));
  }
}
