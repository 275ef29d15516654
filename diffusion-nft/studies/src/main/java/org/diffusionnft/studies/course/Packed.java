package org.diffusionnft.studies.course;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Encodes the data of the course's page: numbers as 16-bit fixed point in Base64, which a browser
 * decodes at once and which takes a fifth of the decimal form.
 */
final class Packed {
  /** Fixed-point units per 1. */
  static final int UNIT = 4000;

  private static final int STRAY = 8;

  private Packed() {}

  /** Encodes numbers, clamped to ±8, which is far outside every figure. */
  static String numbers(double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      bytes.putShort((short) Math.round(Math.clamp(value, -8.0, 8.0) * UNIT));
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /** Encodes points or arrows, x before y. */
  static String vectors(List<Vector2> vectors) {
    double[] values = new double[2 * vectors.size()];
    for (int i = 0; i < vectors.size(); i++) {
      values[2 * i] = vectors.get(i).x();
      values[2 * i + 1] = vectors.get(i).y();
    }
    return numbers(values);
  }

  /**
   * Encodes images and their statistics.
   *
   * @param images all images that the statistics cover
   * @param shown number of images included, from the first on
   * @return statistics of all images
   */
  static Census images(ObjectNode node, ToyWorld world, List<Vector2> images, int shown) {
    List<Vector2> first = images.subList(0, shown);
    node.put("images", vectors(first)).put("marks", marks(world, first));
    Census census = Census.of(world, images);
    rounded(node.putArray("shares"), census.shares());
    node.put("strayed", rounded(census.strayed()));
    return census;
  }

  /** Adds a list of unencoded numbers. */
  static void list(ObjectNode node, String name, List<? extends Number> numbers) {
    ArrayNode array = node.putArray(name);
    for (Number number : numbers) {
      if (number instanceof Integer whole) {
        array.add(whole);
      } else {
        array.add(number.doubleValue());
      }
    }
  }

  /** For each image the index of the nearest Gaussian, plus 8 if it is in none. */
  static String marks(ToyWorld world, List<Vector2> images) {
    byte[] marks = new byte[images.size()];
    for (int i = 0; i < marks.length; i++) {
      int stray = Census.strayed(world, images.get(i)) ? STRAY : 0;
      marks[i] = (byte) (world.nearest(images.get(i)) + stray);
    }
    return Base64.getEncoder().encodeToString(marks);
  }

  static void rounded(ArrayNode array, double[] values) {
    Arrays.stream(values).map(Packed::rounded).forEach(array::add);
  }

  /** A number as JavaScript writes it. */
  static String key(double number) {
    return number == Math.rint(number) ? Integer.toString((int) number) : Double.toString(number);
  }

  /** Rounds to four decimal places. */
  static double rounded(double value) {
    return Math.round(value * 1e4) / 1e4;
  }
}
