package org.diffusionnft.studies.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.diffusionnft.images.PixelFont;

/**
 * A line chart whose curves are labelled at their right ends. The x-axis begins at 0. It is drawn
 * with our own font: charting libraries need system fonts, which minimal machines lack.
 */
public final class LineChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;
  private static final int LEFT = 50;
  private static final int LEGEND = 200;
  private static final int TOP = 40;
  private static final int BOTTOM = 50;
  private static final int INK = 0xff303030;
  private static final double MARKER = 2.5;
  private static final Color GRID = new Color(0xdd, 0xdd, 0xdd);
  private static final BasicStroke THIN = new BasicStroke(1);
  private static final BasicStroke THICK =
      new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  private static final BasicStroke DASHED =
      new BasicStroke(
          1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {6, 5}, 0);

  /**
   * @param name label; empty for none
   * @param half half the interval around each value; empty for none
   */
  private record Curve(String name, double[] x, double[] y, double[] half, Color colour) {}

  private record Level(String name, double value, Color colour) {}

  private record Label(String text, double y, Color colour) {}

  private final String xTitle;
  private final String yTitle;
  private final double low;
  private final double high;
  private final List<Curve> curves = new ArrayList<>();
  private final List<Level> levels = new ArrayList<>();
  private String title = "";

  /**
   * An empty chart.
   *
   * @param xTitle title of the x-axis
   * @param yTitle title of the y-axis
   * @param low smallest value shown
   * @param high largest value shown
   */
  public LineChart(String xTitle, String yTitle, double low, double high) {
    this.xTitle = xTitle;
    this.yTitle = yTitle;
    this.low = low;
    this.high = high;
  }

  /** Sets a line of text above the chart. */
  public LineChart title(String text) {
    this.title = text;
    return this;
  }

  /** Adds an unlabelled curve in a pale colour, as background of another. */
  public LineChart faint(double[] x, double[] y, Color colour) {
    return add("", x, y, new double[0], pale(colour));
  }

  /** Adds a curve. */
  public LineChart curve(String name, double[] x, double[] y, Color colour) {
    return add(name, x, y, new double[0], colour);
  }

  /**
   * Adds a curve through measured points.
   *
   * @param half half the interval around each point; 0 for none
   */
  public LineChart measured(String name, double[] x, double[] y, double[] half, Color colour) {
    return add(name, x, y, half, colour);
  }

  private LineChart add(String name, double[] x, double[] y, double[] half, Color colour) {
    curves.add(new Curve(name, x.clone(), y.clone(), half.clone(), colour));
    return this;
  }

  /** Adds a dashed horizontal line for comparison. */
  public LineChart level(String name, double value, Color colour) {
    levels.add(new Level(name, value, colour));
    return this;
  }

  /** Draws the chart. */
  public BufferedImage draw() {
    return new Drawing().draw();
  }

  private static Color pale(Color c) {
    return new Color(
        (c.getRed() + 3 * 255) / 4, (c.getGreen() + 3 * 255) / 4, (c.getBlue() + 3 * 255) / 4);
  }

  /** A picture while it is being drawn. */
  private final class Drawing {
    private final BufferedImage image =
        new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    private final Graphics2D g = image.createGraphics();
    private final List<Label> labels = new ArrayList<>();
    private final Axis across;
    private final Axis up = Axis.between(low, high, 6);
    private final int right;

    private Drawing() {
      double end = 0;
      int widest = 0;
      for (Curve curve : curves) {
        for (double x : curve.x()) {
          end = Math.max(end, x);
        }
        widest = Math.max(widest, PixelFont.width(curve.name()));
      }
      for (Level level : levels) {
        widest = Math.max(widest, PixelFont.width(level.name()));
      }
      this.across = Axis.wholeNumbers(0, end, 10);
      this.right = WIDTH - Math.max(LEGEND, widest + 20);
    }

    private BufferedImage draw() {
      g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
      g.setColor(Color.WHITE);
      g.fillRect(0, 0, WIDTH, HEIGHT);
      axes();
      levels.forEach(this::level);
      curves.forEach(this::curve);
      names();
      g.dispose();
      return image;
    }

    private void axes() {
      PixelFont.write(image, title.isEmpty() ? yTitle : title, LEFT, TOP - 22, INK);
      g.setStroke(THIN);
      g.setColor(GRID);
      for (double tick : up.ticks()) {
        g.draw(new Line2D.Double(LEFT, y(tick), right, y(tick)));
        String label = up.label(tick);
        PixelFont.write(image, label, LEFT - 8 - PixelFont.width(label), (int) y(tick) - 4, INK);
      }
      int base = HEIGHT - BOTTOM;
      for (double tick : across.ticks()) {
        g.draw(new Line2D.Double(x(tick), base, x(tick), base + 4));
        String label = across.label(tick);
        PixelFont.write(image, label, (int) x(tick) - PixelFont.width(label) / 2, base + 9, INK);
      }
      int middle = (LEFT + right) / 2;
      PixelFont.write(image, xTitle, middle - PixelFont.width(xTitle) / 2, base + 26, INK);
    }

    private void level(Level level) {
      g.setStroke(DASHED);
      g.setColor(level.colour());
      g.draw(new Line2D.Double(LEFT, y(level.value()), right, y(level.value())));
      labels.add(new Label(level.name(), y(level.value()), level.colour()));
    }

    private void curve(Curve curve) {
      int points = curve.x().length;
      if (points == 0) {
        return;
      }
      Path2D path = new Path2D.Double();
      path.moveTo(x(curve.x()[0]), y(curve.y()[0]));
      for (int i = 1; i < points; i++) {
        path.lineTo(x(curve.x()[i]), y(curve.y()[i]));
      }
      g.setColor(curve.colour());
      g.setStroke(curve.name().isEmpty() ? THIN : THICK);
      g.draw(path);
      g.setStroke(THIN);
      for (int i = 0; i < curve.half().length; i++) {
        point(curve.x()[i], curve.y()[i], curve.half()[i]);
      }
      if (!curve.name().isEmpty()) {
        labels.add(new Label(curve.name(), y(curve.y()[points - 1]), curve.colour()));
      }
    }

    private void point(double x, double y, double half) {
      g.fill(new Ellipse2D.Double(x(x) - MARKER, y(y) - MARKER, 2 * MARKER, 2 * MARKER));
      if (half > 0) {
        double top = y(y + half);
        double bottom = y(y - half);
        g.draw(new Line2D.Double(x(x), top, x(x), bottom));
        g.draw(new Line2D.Double(x(x) - MARKER, top, x(x) + MARKER, top));
        g.draw(new Line2D.Double(x(x) - MARKER, bottom, x(x) + MARKER, bottom));
      }
    }

    /** Draws the labels at the right ends of the curves, moved apart where they would overlap. */
    private void names() {
      labels.sort(Comparator.comparingDouble(Label::y));
      double[] tops = new double[labels.size()];
      double free = 0;
      for (int i = 0; i < tops.length; i++) {
        tops[i] = Math.max(labels.get(i).y() - 4, free);
        free = tops[i] + PixelFont.LINE + 2;
      }
      double last = HEIGHT - PixelFont.LINE;
      for (int i = tops.length - 1; i >= 0; i--) {
        tops[i] = Math.min(tops[i], last);
        last = tops[i] - PixelFont.LINE - 2;
        Label label = labels.get(i);
        PixelFont.write(image, label.text(), right + 10, (int) tops[i], label.colour().getRGB());
      }
    }

    private double x(double number) {
      return LEFT + across.share(number) * (right - LEFT);
    }

    private double y(double value) {
      return HEIGHT - BOTTOM - up.share(value) * (HEIGHT - TOP - BOTTOM);
    }
  }
}
