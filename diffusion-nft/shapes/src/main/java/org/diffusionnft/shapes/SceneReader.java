package org.diffusionnft.shapes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the objects of a picture: each pixel is explained as background partly covered by one
 * colour, adjacent covered pixels form an object, and the object's outline is compared with that of
 * each shape. Everything else is clutter.
 */
final class SceneReader {
  private static final int SIZE = ShapesWorld.SIZE;
  private static final int AREA = SIZE * SIZE;

  // The fraction of a pixel that must be covered for it to belong to an object.
  private static final float COVERED = 0.5f;
  // RGB distance from the line between background and colour above which a pixel has no colour.
  private static final double FOREIGN = 0.35;
  // Smaller specks are noise, not objects. The smallest shape covers 24 pixels.
  private static final int LEAST_PIXELS = 5;
  // RGB distance from the background above which a pixel outside objects is clutter.
  private static final double STRAY = 0.35;
  // The maximum shift of a template around the object's centre, in pixels.
  private static final int MOVE = 2;

  private final float[] cover = new float[AREA];
  private final @Nullable Hue[] hue = new Hue[AREA];
  private final int[] object = new int[AREA];
  private final boolean[] strays = new boolean[AREA];
  // Squared RGB distances: from the background, and from the pixel's explanation.
  private final double[] fromGround = new double[AREA];
  private final double[] unexplained = new double[AREA];

  private SceneReader() {}

  /**
   * Reads a picture.
   *
   * @param image values in [-1, 1], shape [3, SIZE, SIZE], row-major; other values are clamped for
   *     finding objects, as in a file
   */
  static SeenScene read(float[] image) {
    if (image.length != ShapesWorld.PIXELS) {
      throw new IllegalArgumentException(
          "A ShapesWorld picture has "
              + ShapesWorld.PIXELS
              + " values (3 x 24 x 24), found "
              + image.length
              + ".");
    }
    SceneReader reader = new SceneReader();
    for (int i = 0; i < AREA; i++) {
      reader.explain(i, image);
    }
    List<SeenShape> objects = reader.objects();
    return new SeenScene(objects, reader.clutter(), reader.residual());
  }

  private void explain(int at, float[] image) {
    double best = Double.POSITIVE_INFINITY;
    for (Hue candidate : Hue.values()) {
      double dot = 0;
      double length = 0;
      double square = 0;
      double outside = 0;
      for (int c = 0; c < ShapesWorld.CHANNELS; c++) {
        float raw = image[c * AREA + at];
        float clamped = Math.clamp(raw, -1f, 1f);
        outside += 0.25 * (raw - clamped) * (raw - clamped);
        double value = (clamped + 1) / 2 - Hue.ground(c);
        double axis = candidate.channel(c) - Hue.ground(c);
        dot += value * axis;
        length += axis * axis;
        square += value * value;
      }
      fromGround[at] = square + outside;
      double part = Math.clamp(dot / length, 0, 1);
      double distance = square - 2 * part * dot + part * part * length;
      if (distance < best) {
        best = distance;
        unexplained[at] = Math.max(distance, 0) + outside;
        cover[at] = (float) part;
        hue[at] = candidate;
      }
    }
    strays[at] = fromGround[at] > STRAY * STRAY;
    if (best > FOREIGN * FOREIGN) {
      cover[at] = 1;
      hue[at] = null;
    }
  }

  private List<SeenShape> objects() {
    Arrays.fill(object, 0);
    List<SeenShape> seen = new ArrayList<>();
    int label = 0;
    for (int start = 0; start < AREA; start++) {
      if (cover[start] >= COVERED && object[start] == 0) {
        int[] pixels = flood(start, ++label);
        if (pixels.length >= LEAST_PIXELS) {
          seen.add(describe(pixels, label));
          explained(pixels);
        }
      }
    }
    return seen;
  }

  /** Pixels of an object and their neighbours (its soft edge) are not clutter. */
  private void explained(int[] pixels) {
    for (int pixel : pixels) {
      for (int y = Math.max(pixel / SIZE - 1, 0); y <= Math.min(pixel / SIZE + 1, SIZE - 1); y++) {
        for (int x = Math.max(pixel % SIZE - 1, 0);
            x <= Math.min(pixel % SIZE + 1, SIZE - 1);
            x++) {
          strays[y * SIZE + x] = false;
        }
      }
    }
  }

  private int clutter() {
    int count = 0;
    for (boolean stray : strays) {
      count += stray ? 1 : 0;
    }
    return count;
  }

  /**
   * The root mean square over the pixels of the part that is neither background nor an object of
   * one colour.
   */
  private double residual() {
    double sum = 0;
    for (int i = 0; i < AREA; i++) {
      sum += strays[i] ? fromGround[i] : unexplained[i];
    }
    return Math.sqrt(sum / AREA);
  }

  /** Labels the covered pixels that are 4-connected to the first one, and lists them. */
  private int[] flood(int first, int label) {
    int[] queue = new int[AREA];
    int size = 0;
    queue[size++] = first;
    object[first] = label;
    for (int head = 0; head < size; head++) {
      int x = queue[head] % SIZE;
      int y = queue[head] / SIZE;
      for (int side = 0; side < 4; side++) {
        int nx = x + (side == 0 ? 1 : side == 1 ? -1 : 0);
        int ny = y + (side == 2 ? 1 : side == 3 ? -1 : 0);
        if (nx >= 0 && nx < SIZE && ny >= 0 && ny < SIZE) {
          int next = ny * SIZE + nx;
          if (object[next] == 0 && cover[next] >= COVERED) {
            object[next] = label;
            queue[size++] = next;
          }
        }
      }
    }
    return Arrays.copyOf(queue, size);
  }

  private SeenShape describe(int[] pixels, int label) {
    int sumX = 0;
    int sumY = 0;
    Map<Hue, Double> share = zero(Hue.class);
    for (int pixel : pixels) {
      sumX += pixel % SIZE;
      sumY += pixel / SIZE;
      Hue own = hue[pixel];
      if (own != null) {
        share.merge(own, 1.0 / pixels.length, Double::sum);
      }
    }
    float[] ownCover = ownCover(pixels, label);
    int[] edges = edges(pixels);
    Map<ShapeKind, Double> fit = zero(ShapeKind.class);
    for (ShapeKind kind : ShapeKind.values()) {
      fit.put(kind, fit(kind, ownCover, edges));
    }
    return new SeenShape(fit, share, (double) sumX / pixels.length, (double) sumY / pixels.length);
  }

  private static <E extends Enum<E>> Map<E, Double> zero(Class<E> type) {
    Map<E, Double> map = new EnumMap<>(type);
    for (E key : EnumSet.allOf(type)) {
      map.put(key, 0.0);
    }
    return map;
  }

  /** The coverage by this object: its pixels and the fainter ones next to them (its soft edge). */
  private float[] ownCover(int[] pixels, int label) {
    float[] own = new float[AREA];
    for (int pixel : pixels) {
      for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++) {
          int x = pixel % SIZE + dx;
          int y = pixel / SIZE + dy;
          if (x >= 0 && x < SIZE && y >= 0 && y < SIZE) {
            int at = y * SIZE + x;
            if (object[at] == label || cover[at] < COVERED) {
              own[at] = cover[at];
            }
          }
        }
      }
    }
    return own;
  }

  private static int[] edges(int[] pixels) {
    int left = SIZE;
    int right = 0;
    int top = SIZE;
    int bottom = 0;
    for (int pixel : pixels) {
      left = Math.min(left, pixel % SIZE);
      right = Math.max(right, pixel % SIZE);
      top = Math.min(top, pixel / SIZE);
      bottom = Math.max(bottom, pixel / SIZE);
    }
    return new int[] {left, right, top, bottom};
  }

  /** The best soft intersection over union with a kind's template over small shifts. */
  private static double fit(ShapeKind kind, float[] own, int[] edges) {
    int middleX = (edges[0] + edges[1] + 1 - ShapeKind.BOX) / 2;
    int middleY = (edges[2] + edges[3] + 1 - ShapeKind.BOX) / 2;
    double total = 0;
    for (float part : own) {
      total += part;
    }
    double best = 0;
    for (int y = middleY - MOVE; y <= middleY + MOVE; y++) {
      for (int x = middleX - MOVE; x <= middleX + MOVE; x++) {
        best = Math.max(best, overlap(kind, own, total, x, y));
      }
    }
    return best;
  }

  private static double overlap(ShapeKind kind, float[] own, double total, int left, int top) {
    double common = 0;
    double template = 0;
    for (int y = 0; y < ShapeKind.BOX; y++) {
      for (int x = 0; x < ShapeKind.BOX; x++) {
        float part = kind.coverage(x, y);
        template += part;
        int atX = left + x;
        int atY = top + y;
        if (atX >= 0 && atX < SIZE && atY >= 0 && atY < SIZE) {
          common += Math.min(part, own[atY * SIZE + atX]);
        }
      }
    }
    return common / (total + template - common);
  }
}
