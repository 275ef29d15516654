package org.diffusionnft.studies.course;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.images.PixelFont;
import org.diffusionnft.images.Sheet;
import org.diffusionnft.studies.course.ToySampler.Field;

/** A square part of the plane with points, paths and arrows, and a line of text above. */
final class Panel {
  static final Color GOOD = new Color(0x2e, 0xa0, 0x43);
  static final Color BAD = new Color(0xd0, 0x50, 0x3c);
  static final Color BLUE = new Color(0x1f, 0x5f, 0xb0);
  static final Color GREY = new Color(0xb4, 0xb4, 0xb4);
  static final int SIDE = 380;
  static final int TOP = 26;
  private static final double REACH = 3;
  private static final int INK = 0xff303030;

  private final BufferedImage image =
      new BufferedImage(SIDE, TOP + SIDE, BufferedImage.TYPE_INT_RGB);
  private final Graphics2D g = image.createGraphics();

  Panel(String title) {
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, SIDE, TOP + SIDE);
    PixelFont.write(image, title, 8, 10, INK);
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setColor(new Color(0xe4, 0xe4, 0xe4));
    g.draw(new java.awt.Rectangle(4, TOP, SIDE - 8, SIDE - 6));
    g.setClip(5, TOP + 1, SIDE - 10, SIDE - 8);
  }

  Panel points(List<Vector2> points, Color colour) {
    g.setColor(colour);
    for (Vector2 p : points) {
      g.fill(new Ellipse2D.Double(x(p) - 1.7, y(p) - 1.7, 3.4, 3.4));
    }
    return this;
  }

  Panel path(List<Vector2> points, Color colour) {
    Path2D path = new Path2D.Double();
    for (int i = 0; i < points.size(); i++) {
      if (i == 0) {
        path.moveTo(x(points.get(i)), y(points.get(i)));
      } else {
        path.lineTo(x(points.get(i)), y(points.get(i)));
      }
    }
    g.setColor(colour);
    g.setStroke(new BasicStroke(1));
    g.draw(path);
    return this;
  }

  /**
   * Draws a field's arrows on a grid, in the direction of images: opposite to the velocity, which
   * points to noise.
   *
   * @param scale length of an arrow of length 1
   */
  Panel field(Field field, double t, double scale, Color colour) {
    for (double gx = -2.7; gx < REACH; gx += 0.36) {
      for (double gy = -2.7; gy < REACH; gy += 0.36) {
        Vector2 at = new Vector2(gx, gy);
        arrow(at, field.at(at, t).times(-scale), colour);
      }
    }
    return this;
  }

  /** Draws one arrow. */
  Panel arrow(Vector2 from, Vector2 by, Color colour) {
    double length = by.length();
    if (length > 1e-3) {
      Vector2 end = from.plus(by);
      Vector2 back = by.times(-Math.min(0.1, 0.4 * length) / length);
      Vector2 side = new Vector2(-back.y(), back.x()).times(0.6);
      g.setColor(colour);
      g.setStroke(new BasicStroke(1.3f));
      line(from, end);
      line(end, end.plus(back).plus(side));
      line(end, end.plus(back).minus(side));
    }
    return this;
  }

  /** Arranges panels in rows. */
  static BufferedImage sheet(int columns, Panel... panels) {
    for (Panel panel : panels) {
      panel.g.dispose();
    }
    return new Sheet(columns, SIDE, TOP + SIDE)
        .draw(Arrays.stream(panels).map(panel -> panel.image).toList());
  }

  private void line(Vector2 a, Vector2 b) {
    g.draw(new Line2D.Double(x(a), y(a), x(b), y(b)));
  }

  private static double x(Vector2 p) {
    return SIDE / 2.0 + p.x() / REACH * SIDE / 2;
  }

  private static double y(Vector2 p) {
    return TOP + SIDE / 2.0 - p.y() / REACH * SIDE / 2;
  }
}
