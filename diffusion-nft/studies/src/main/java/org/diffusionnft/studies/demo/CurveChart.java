package org.diffusionnft.studies.demo;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.images.PixelFont;

/**
 * Curves over epochs, of numbers in [0, 1]. Drawn with our own letters: charting libraries need
 * fonts, which bare machines lack.
 */
final class CurveChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;
  private static final int LEFT = 50;
  private static final int RIGHT = 200;
  private static final int TOP = 40;
  private static final int BOTTOM = 50;
  private static final int INK = 0xff303030;

  private record Series(String name, double[] values, Color colour) {}

  private record Level(String name, double value, Color colour) {}

  private final String title;
  private final List<Series> series = new ArrayList<>();
  private final List<Level> levels = new ArrayList<>();

  CurveChart(String title) {
    this.title = title;
  }

  /** Adds a curve: one value for each epoch, from the first. A smoothed one is drawn over it. */
  CurveChart curve(String name, double[] values, Color colour) {
    series.add(new Series(name, values.clone(), colour));
    return this;
  }

  /** Adds a dashed line to compare with. */
  CurveChart level(String name, double value, Color colour) {
    levels.add(new Level(name, value, colour));
    return this;
  }

  BufferedImage draw() {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, WIDTH, HEIGHT);
    int epochs = series.stream().mapToInt(s -> s.values().length).max().orElse(1);
    axes(g, image, epochs);
    g.setStroke(
        new BasicStroke(
            1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {6, 5}, 0));
    for (Level level : levels) {
      g.setColor(level.colour());
      g.draw(new Line2D.Double(LEFT, y(level.value()), WIDTH - RIGHT, y(level.value())));
    }
    for (Series s : series) {
      g.setColor(pale(s.colour()));
      g.setStroke(new BasicStroke(1));
      g.draw(path(s.values(), epochs));
      g.setColor(s.colour());
      g.setStroke(new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
      g.draw(path(smooth(s.values()), epochs));
    }
    legend(image);
    g.dispose();
    return image;
  }

  private void axes(Graphics2D g, BufferedImage image, int epochs) {
    PixelFont.write(image, title, LEFT, TOP - 22, INK);
    g.setStroke(new BasicStroke(1));
    for (int tenth = 0; tenth <= 10; tenth += 2) {
      double y = y(tenth / 10.0);
      g.setColor(new Color(0xdd, 0xdd, 0xdd));
      g.draw(new Line2D.Double(LEFT, y, WIDTH - RIGHT, y));
      String label = String.format(Locale.ROOT, "%.1f", tenth / 10.0);
      PixelFont.write(image, label, LEFT - 8 - PixelFont.width(label), (int) y - 3, INK);
    }
    int step = tick(epochs);
    for (int epoch = 0; epoch <= epochs; epoch += step) {
      double x = x(epoch, epochs);
      g.draw(new Line2D.Double(x, y(0), x, y(0) + 4));
      String label = Integer.toString(epoch);
      PixelFont.write(image, label, (int) x - PixelFont.width(label) / 2, HEIGHT - BOTTOM + 9, INK);
    }
    int middle = (LEFT + WIDTH - RIGHT) / 2;
    PixelFont.write(
        image, "epoch", middle - PixelFont.width("epoch") / 2, HEIGHT - BOTTOM + 26, INK);
  }

  /** Labels at the right end of what they name, pushed apart where they would overlap. */
  private void legend(BufferedImage image) {
    record Label(String text, double y, Color colour) {}
    List<Label> labels = new ArrayList<>();
    for (Series s : series) {
      double[] smooth = smooth(s.values());
      labels.add(new Label(s.name(), y(smooth[smooth.length - 1]), s.colour()));
    }
    levels.forEach(l -> labels.add(new Label(l.name(), y(l.value()), l.colour())));
    labels.sort((a, b) -> Double.compare(a.y(), b.y()));
    double free = 0;
    for (Label label : labels) {
      double y = Math.max(label.y() - 3, free);
      PixelFont.write(image, label.text(), WIDTH - RIGHT + 10, (int) y, label.colour().getRGB());
      free = y + PixelFont.LINE + 2;
    }
  }

  /** The mean of each epoch and some before it. */
  static double[] smooth(double[] values) {
    int window = Math.max(1, values.length / 20);
    double[] out = new double[values.length];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i] - (i >= window ? values[i - window] : 0);
      out[i] = sum / Math.min(i + 1, window);
    }
    return out;
  }

  private static Path2D path(double[] values, int epochs) {
    Path2D path = new Path2D.Double();
    for (int i = 0; i < values.length; i++) {
      if (i == 0) {
        path.moveTo(x(1, epochs), y(values[0]));
      } else {
        path.lineTo(x(i + 1, epochs), y(values[i]));
      }
    }
    return path;
  }

  private static int tick(int epochs) {
    int step = 1;
    int[] factors = {2, 5, 10};
    for (int scale = 1; epochs / step > 10; scale *= 10) {
      for (int factor : factors) {
        if (epochs / step > 10) {
          step = scale * factor;
        }
      }
    }
    return step;
  }

  private static double x(double epoch, int epochs) {
    return LEFT + epoch / epochs * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double value) {
    return HEIGHT - BOTTOM - Math.clamp(value, 0, 1) * (HEIGHT - TOP - BOTTOM);
  }

  private static Color pale(Color c) {
    return new Color(
        (c.getRed() + 3 * 255) / 4, (c.getGreen() + 3 * 255) / 4, (c.getBlue() + 3 * 255) / 4);
  }
}
