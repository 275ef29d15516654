package org.diffusionnft.rewards.ocr;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Boxes of texts from a map of text probabilities per pixel: PaddleOCR's post-processing of
 * Differentiable Binarization.
 *
 * @param boxes corners in pixels of the picture, in the order in which they were found
 * @param scores probability that each is a text, 0 to 1
 */
public record TextBoxes(List<Quad> boxes, List<Double> scores) {

  /**
   * The criteria for a text.
   *
   * @param pixel a pixel belongs to a text above this
   * @param box a box is kept from this score on
   * @param candidates maximum number of borders that are examined
   * @param grow boxes are expanded by this times area over perimeter
   * @param shortest minimum side of boxes before they are expanded
   */
  public record Rules(double pixel, double box, int candidates, double grow, double shortest) {
    /** PaddleOCR's rules. */
    public static final Rules PADDLE = new Rules(0.3, 0.6, 1000, 1.5, 3);
  }

  /**
   * Finds the boxes.
   *
   * @param map {@code [height, width]}
   * @param pictureWidth of the picture; boxes are in its pixels
   */
  public static TextBoxes find(
      float[] map, int width, int height, int pictureWidth, int pictureHeight, Rules rules) {
    boolean[] set = new boolean[map.length];
    for (int i = 0; i < set.length; i++) {
      set[i] = map[i] > (float) rules.pixel();
    }
    List<Quad> boxes = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    Regions.borders(set, width, height).stream()
        .limit(rules.candidates())
        .forEach(
            border -> {
              SmallestRectangle small = SmallestRectangle.around(border);
              if (small.shorter() < rules.shortest()) {
                return;
              }
              double score = FilledQuad.mean(map, width, height, small.corners());
              if (score < rules.box()) {
                return;
              }
              Quad q = small.corners();
              double distance = area(q) * rules.grow() / perimeter(q);
              SmallestRectangle large =
                  SmallestRectangle.around(RoundedOutline.around(q, distance));
              if (large.shorter() < rules.shortest() + 2) {
                return;
              }
              boxes.add(scaled(large.corners(), width, height, pictureWidth, pictureHeight));
              scores.add(score);
            });
    return new TextBoxes(boxes, scores);
  }

  private static double area(Quad q) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      int j = (i + 1) % 4;
      sum += q.x()[i] * q.y()[j] - q.x()[j] * q.y()[i];
    }
    return Math.abs(sum) / 2;
  }

  private static double perimeter(Quad q) {
    return q.side(0, 1) + q.side(1, 2) + q.side(2, 3) + q.side(3, 0);
  }

  private static Quad scaled(Quad q, int width, int height, int toWidth, int toHeight) {
    double[] x = new double[4];
    double[] y = new double[4];
    for (int i = 0; i < 4; i++) {
      x[i] = Math.clamp(Math.rint((float) q.x()[i] / width * toWidth), 0, toWidth);
      y[i] = Math.clamp(Math.rint((float) q.y()[i] / height * toHeight), 0, toHeight);
    }
    return new Quad(x, y);
  }

  /**
   * The boxes to read: corners clockwise from the top left, clipped to the picture, not too thin,
   * in reading order.
   */
  public List<Quad> inReadingOrder(int pictureWidth, int pictureHeight) {
    List<Quad> kept = new ArrayList<>();
    for (Quad box : boxes) {
      Quad clockwise = clockwise(box);
      for (int i = 0; i < 4; i++) {
        clockwise.x()[i] = Math.clamp(clockwise.x()[i], 0, pictureWidth - 1);
        clockwise.y()[i] = Math.clamp(clockwise.y()[i], 0, pictureHeight - 1);
      }
      if ((int) clockwise.side(0, 1) > 3 && (int) clockwise.side(0, 3) > 3) {
        kept.add(clockwise);
      }
    }
    kept.sort(Comparator.<Quad>comparingDouble(q -> q.y()[0]).thenComparingDouble(q -> q.x()[0]));
    for (int i = 0; i + 1 < kept.size(); i++) {
      for (int j = i; j >= 0; j--) {
        Quad a = kept.get(j);
        Quad b = kept.get(j + 1);
        if (Math.abs(b.y()[0] - a.y()[0]) >= 10 || b.x()[0] >= a.x()[0]) {
          break;
        }
        kept.set(j, b);
        kept.set(j + 1, a);
      }
    }
    return kept;
  }

  /** The corner with the smallest coordinate sum comes first, the one with the largest third. */
  private static Quad clockwise(Quad q) {
    int first = 0;
    int third = 0;
    for (int i = 1; i < 4; i++) {
      first = q.x()[i] + q.y()[i] < q.x()[first] + q.y()[first] ? i : first;
      third = q.x()[i] + q.y()[i] > q.x()[third] + q.y()[third] ? i : third;
    }
    int a = 0;
    while (a == first || a == third) {
      a++;
    }
    int b = 3;
    while (b == first || b == third) {
      b--;
    }
    boolean swapped = q.y()[b] - q.x()[b] < q.y()[a] - q.x()[a];
    return q.ordered(first, swapped ? b : a, third, swapped ? a : b);
  }
}
