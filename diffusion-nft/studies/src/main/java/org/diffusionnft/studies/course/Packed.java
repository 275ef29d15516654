package org.diffusionnft.studies.course;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * What the page of the course shows, in the form in which it travels: numbers as 16-bit fixed point
 * in Base64, which a browser reads at once and which is a fifth of the same in digits.
 */
final class Packed {
  /** Steps of 1. */
  static final int UNIT = 4000;

  private static final int STRAY = 8;

  private Packed() {}

  /** Numbers; what lies beyond ±8, far outside of every figure, becomes ±8. */
  static String numbers(double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      bytes.putShort((short) Math.round(Math.clamp(value, -8.0, 8.0) * UNIT));
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /** Points or arrows, x before y. */
  static String vectors(List<Vector2> vectors) {
    double[] values = new double[2 * vectors.size()];
    for (int i = 0; i < vectors.size(); i++) {
      values[2 * i] = vectors.get(i).x();
      values[2 * i + 1] = vectors.get(i).y();
    }
    return numbers(values);
  }

  /**
   * Images and what is known about them.
   *
   * @param images all that are counted
   * @param shown how many of them travel, from the first
   * @return what all are like
   */
  static Census images(ObjectNode node, ToyWorld world, List<Vector2> images, int shown) {
    List<Vector2> first = images.subList(0, shown);
    node.put("images", vectors(first)).put("marks", marks(world, first));
    Census census = Census.of(world, images);
    rounded(node.putArray("shares"), census.shares());
    node.put("strayed", rounded(census.strayed()));
    return census;
  }

  /** A list of numbers as they are. */
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

  /** For each image the number of the nearest Gaussian, and 8 more if it lies in none. */
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

  /** To four digits after the point. */
  static double rounded(double value) {
    return Math.round(value * 1e4) / 1e4;
  }
}
