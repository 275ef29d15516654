package org.diffusionnft.rewards.ocr;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The borders of the set pixels of a bitmap: of each connected component and each hole, as in
 * OpenCV's {@code findContours}. Only their pixels are given, not the order along the border.
 */
final class Regions {
  private final boolean[] set;
  private final int width;
  private final int height;
  private final boolean[] seen;

  /**
   * A border.
   *
   * @param start where a row-by-row scan first meets it
   * @param points x and y of its pixels
   */
  @SuppressWarnings("ArrayRecordComponent") // created and read here
  private record Border(int start, double[][] points) {}

  private Regions(boolean[] set, int width, int height) {
    this.set = set;
    this.width = width;
    this.height = height;
    this.seen = new boolean[set.length];
  }

  /** The pixels of every border, the last one found first. */
  static List<double[][]> borders(boolean[] set, int width, int height) {
    Regions regions = new Regions(set, width, height);
    List<Border> borders = new ArrayList<>();
    regions.flood(false, regions.aroundTheEdge());
    for (int i = 0; i < set.length; i++) {
      if (!regions.seen[i]) {
        List<Integer> piece = regions.flood(set[i], List.of(i));
        // a hole is found at the pixel before its first one
        borders.add(new Border(set[i] ? i : i - 1, regions.border(piece, set[i])));
      }
    }
    borders.sort(Comparator.comparingInt(Border::start).reversed());
    return borders.stream().map(Border::points).toList();
  }

  /** Background connected to the edge, which is not a hole. */
  private List<Integer> aroundTheEdge() {
    List<Integer> edge = new ArrayList<>();
    for (int x = 0; x < width; x++) {
      edge.add(x);
      edge.add((height - 1) * width + x);
    }
    for (int y = 0; y < height; y++) {
      edge.add(y * width);
      edge.add(y * width + width - 1);
    }
    return edge;
  }

  /** All connected pixels of one kind: set pixels are 8-connected, holes 4-connected. */
  private List<Integer> flood(boolean kind, List<Integer> starts) {
    List<Integer> piece = new ArrayList<>();
    for (int start : starts) {
      if (set[start] == kind && !seen[start]) {
        seen[start] = true;
        piece.add(start);
      }
    }
    for (int k = 0; k < piece.size(); k++) {
      int x = piece.get(k) % width;
      int y = piece.get(k) / width;
      for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++) {
          boolean side = dx == 0 || dy == 0;
          boolean inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
          int at = (y + dy) * width + x + dx;
          if (inside && (kind || side) && set[at] == kind && !seen[at]) {
            seen[at] = true;
            piece.add(at);
          }
        }
      }
    }
    return piece;
  }

  /** A component's border pixels; for a hole, the set pixels next to it. */
  private double[][] border(List<Integer> piece, boolean kind) {
    List<double[]> points = new ArrayList<>();
    boolean[] taken = new boolean[kind ? 0 : set.length];
    for (int at : piece) {
      int x = at % width;
      int y = at / width;
      int[][] beside = {{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}};
      boolean rim = false;
      for (int[] b : beside) {
        boolean inside = b[0] >= 0 && b[0] < width && b[1] >= 0 && b[1] < height;
        int neighbour = b[1] * width + b[0];
        rim |= !inside || !set[neighbour];
        if (!kind && inside && set[neighbour] && !taken[neighbour]) {
          taken[neighbour] = true;
          points.add(new double[] {b[0], b[1]});
        }
      }
      if (kind && rim) {
        points.add(new double[] {x, y});
      }
    }
    return points.toArray(double[][]::new);
  }
}
