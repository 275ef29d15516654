package org.diffusionnft.models.mask2former;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The objects in an image, from queries as in mmdet's {@code MaskFormerFusionHead}: the most
 * probable pairs of a query and a class, a bounding box for each mask, and the confidence of both.
 */
public final class Instances {
  private static final double EPS = 1e-6;

  private Instances() {}

  /**
   * How an image was resized and padded for the network.
   *
   * @param width of the original image
   * @param height of the original image
   * @param resizedWidth of the resized image within the network's input
   * @param resizedHeight likewise
   * @param paddedWidth of the network's input, padded on the right
   * @param paddedHeight likewise, at the bottom
   */
  public record Frame(
      int width,
      int height,
      int resizedWidth,
      int resizedHeight,
      int paddedWidth,
      int paddedHeight) {}

  /**
   * A query's mask over the original image.
   *
   * @param pixels the object's pixels, row by row
   * @param certainty the mean probability of these pixels; 0 if there are none
   * @param box left, top, right and bottom, the last two exclusive; zeros if there are no pixels
   */
  public record Mask(BitSet pixels, double certainty, List<Integer> box) {}

  /**
   * An object.
   *
   * @param query the query it comes from; a query can yield several objects
   * @param label its class
   * @param classScore probability of the class
   * @param mask its pixels
   * @param score the product of class score and mask certainty
   */
  public record Instance(int query, int label, double classScore, Mask mask, double score) {}

  /**
   * The objects of an image, by descending score; those without pixels are left out.
   *
   * @param output of {@link Mask2Former#forward}
   * @param most maximum number of query-class pairs to consider
   */
  public static List<Instance> of(Mask2Former.Output output, Frame frame, int most) {
    double[][] classes = probabilities(output);
    int labels = classes[0].length - 1;
    List<int[]> pairs = new ArrayList<>();
    for (int query = 0; query < classes.length; query++) {
      for (int label = 0; label < labels; label++) {
        pairs.add(new int[] {query, label});
      }
    }
    pairs.sort(Comparator.comparingDouble((int[] p) -> classes[p[0]][p[1]]).reversed());
    List<int[]> best = pairs.subList(0, Math.min(most, pairs.size()));
    boolean[] wanted = new boolean[classes.length];
    best.forEach(pair -> wanted[pair[0]] = true);
    Mask[] masks = masks(output, frame, wanted);
    List<Instance> found = new ArrayList<>();
    for (int[] pair : best) {
      Mask mask = masks[pair[0]];
      if (!mask.pixels().isEmpty()) {
        double probability = classes[pair[0]][pair[1]];
        found.add(
            new Instance(pair[0], pair[1], probability, mask, probability * mask.certainty()));
      }
    }
    found.sort(Comparator.comparingDouble(Instance::score).reversed());
    return found;
  }

  /** For each query, the probability of every class and of no object. */
  public static double[][] probabilities(Mask2Former.Output output) {
    int queries = output.classes().shape().intDim(1);
    int classes = output.classes().shape().intDim(2);
    double[] logits = output.classes().value().toDoubles();
    double[][] rows = new double[queries][];
    for (int q = 0; q < queries; q++) {
      double[] row = Arrays.copyOfRange(logits, q * classes, (q + 1) * classes);
      double largest = Arrays.stream(row).max().orElseThrow();
      double sum = 0;
      for (int i = 0; i < classes; i++) {
        row[i] = Math.exp(row[i] - largest);
        sum += row[i];
      }
      for (int i = 0; i < classes; i++) {
        row[i] /= sum;
      }
      rows[q] = row;
    }
    return rows;
  }

  /** The masks of the wanted queries; the others are empty. */
  public static Mask[] masks(Mask2Former.Output output, Frame frame, boolean[] wanted) {
    int height = output.masks().shape().intDim(2);
    int width = output.masks().shape().intDim(3);
    float[] logits = output.masks().value().toFloats();
    return IntStream.range(0, wanted.length)
        .parallel()
        .mapToObj(
            q ->
                wanted[q]
                    ? mask(logits, q * height * width, height, width, frame)
                    : new Mask(new BitSet(), 0, List.of(0, 0, 0, 0)))
        .toArray(Mask[]::new);
  }

  /**
   * Resizes logits to the network's input, crops the padding, and resizes them to the original
   * image.
   */
  private static Mask mask(float[] logits, int start, int height, int width, Frame frame) {
    Bilinear down = Bilinear.along(height, frame.paddedHeight());
    Bilinear across = Bilinear.along(width, frame.paddedWidth()).upTo(frame.resizedWidth());
    float[] grown = new float[frame.resizedHeight() * frame.resizedWidth()];
    for (int y = 0; y < frame.resizedHeight(); y++) {
      Bilinear.row(logits, start, width, down, y, across, grown, y * frame.resizedWidth());
    }
    Bilinear rows = Bilinear.along(frame.resizedHeight(), frame.height());
    Bilinear columns = Bilinear.along(frame.resizedWidth(), frame.width());
    float[] row = new float[frame.width()];
    BitSet pixels = new BitSet(frame.width() * frame.height());
    int left = frame.width();
    int right = 0;
    double sum = 0;
    for (int y = 0; y < frame.height(); y++) {
      Bilinear.row(grown, 0, frame.resizedWidth(), rows, y, columns, row, 0);
      for (int x = 0; x < row.length; x++) {
        if (row[x] > 0) {
          pixels.set(y * frame.width() + x);
          sum += 1 / (1 + Math.exp(-row[x]));
          left = Math.min(left, x);
          right = Math.max(right, x + 1);
        }
      }
    }
    if (pixels.isEmpty()) {
      return new Mask(pixels, 0, List.of(0, 0, 0, 0));
    }
    int top = pixels.nextSetBit(0) / frame.width();
    int bottom = (pixels.length() - 1) / frame.width() + 1;
    double certainty = sum / (pixels.cardinality() + EPS);
    return new Mask(pixels, certainty, List.of(left, top, right, bottom));
  }
}
