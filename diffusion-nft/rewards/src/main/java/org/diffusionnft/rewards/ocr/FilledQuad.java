package org.diffusionnft.rewards.ocr;

/**
 * The mean of a map inside a quadrilateral whose corners are truncated to whole pixels: over the
 * pixels that OpenCV's {@code fillPoly} would paint, edges included.
 */
final class FilledQuad {
  private static final int FRACTION = 16;

  private FilledQuad() {}

  static double mean(float[] map, int width, int height, Quad q) {
    int left = Math.clamp((int) Math.floor(least(q.x())), 0, width - 1);
    int right = Math.clamp((int) Math.ceil(greatest(q.x())), 0, width - 1);
    int top = Math.clamp((int) Math.floor(least(q.y())), 0, height - 1);
    int bottom = Math.clamp((int) Math.ceil(greatest(q.y())), 0, height - 1);
    int w = right - left + 1;
    int h = bottom - top + 1;
    boolean[] mask = new boolean[w * h];
    int[] x = new int[4];
    int[] y = new int[4];
    for (int i = 0; i < 4; i++) {
      x[i] = (int) ((float) q.x()[i] - left);
      y[i] = (int) ((float) q.y()[i] - top);
    }
    for (int i = 0; i < 4; i++) {
      line(mask, w, h, x[i], y[i], x[(i + 1) % 4], y[(i + 1) % 4]);
    }
    fill(mask, w, h, x, y);
    double sum = 0;
    int count = 0;
    for (int i = 0; i < mask.length; i++) {
      if (mask[i]) {
        sum += map[(top + i / w) * width + left + i % w];
        count++;
      }
    }
    return count == 0 ? 0 : sum / count;
  }

  private static double least(double[] v) {
    return Math.min(Math.min(v[0], v[1]), Math.min(v[2], v[3]));
  }

  private static double greatest(double[] v) {
    return Math.max(Math.max(v[0], v[1]), Math.max(v[2], v[3]));
  }

  private static void set(boolean[] mask, int w, int h, int x, int y) {
    if (x >= 0 && x < w && y >= 0 && y < h) {
      mask[y * w + x] = true;
    }
  }

  /** Bresenham's line, eight-connected. */
  private static void line(boolean[] mask, int w, int h, int x0, int y0, int x1, int y1) {
    int dx = Math.abs(x1 - x0);
    int dy = Math.abs(y1 - y0);
    boolean steep = dy > dx;
    int longer = Math.max(dx, dy);
    int shorter = Math.min(dx, dy);
    // OpenCV draws from left to right
    boolean swap = x1 < x0;
    int x = swap ? x1 : x0;
    int y = swap ? y1 : y0;
    int stepY = (swap ? y0 - y1 : y1 - y0) < 0 ? -1 : 1;
    int error = longer - 2 * shorter;
    for (int i = 0; i <= longer; i++) {
      set(mask, w, h, x, y);
      boolean diagonal = error < 0;
      error += (diagonal ? 2 * longer : 0) - 2 * shorter;
      x += !steep || diagonal ? 1 : 0;
      y += steep || diagonal ? stepY : 0;
    }
  }

  private static void fill(boolean[] mask, int w, int h, int[] x, int[] y) {
    for (int row = 0; row < h; row++) {
      long low = Long.MAX_VALUE;
      long high = Long.MIN_VALUE;
      for (int i = 0; i < 4; i++) {
        int j = (i + 1) % 4;
        int a = y[i] < y[j] ? i : j;
        int b = y[i] < y[j] ? j : i;
        if (y[a] != y[b] && row >= y[a] && row < y[b]) {
          long slope = ((long) (x[b] - x[a]) << FRACTION) / (y[b] - y[a]);
          long at = ((long) x[a] << FRACTION) + slope * (row - y[a]);
          low = Math.min(low, at);
          high = Math.max(high, at);
        }
      }
      if (low <= high) {
        long from = (low + (1 << FRACTION) - 1) >> FRACTION;
        for (long c = from; c <= high >> FRACTION; c++) {
          set(mask, w, h, (int) c, row);
        }
      }
    }
  }
}
