package org.diffusionnft.studies.chart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class LineChartTest {
  private static final Color COLOUR = new Color(10, 20, 200);
  private static final double[] X = {1, 2, 3};

  @Test
  void aCurveIsDrawnWhereItsValuesAre() {
    BufferedImage low = chart().curve("c", X, new double[] {0.1, 0.1, 0.1}, COLOUR).draw();
    BufferedImage high = chart().curve("c", X, new double[] {0.9, 0.9, 0.9}, COLOUR).draw();
    assertTrue(meanHeight(high) + 200 < meanHeight(low));
  }

  @Test
  void intervalsStandAroundTheirPoints() {
    double[] y = {0.5, 0.5, 0.5};
    BufferedImage bare = chart().measured("c", X, y, new double[3], COLOUR).draw();
    BufferedImage wide = chart().measured("c", X, y, new double[] {0, 0.2, 0}, COLOUR).draw();
    int x = 50 + (bare.getWidth() - 200 - 50) * 2 / 3;
    int middle = 40 + (500 - 40 - 50) / 2;
    for (int at : new int[] {middle - 75, middle + 75}) {
      assertEquals(Color.WHITE.getRGB(), bare.getRGB(x, at));
      assertNotEquals(Color.WHITE.getRGB(), wide.getRGB(x, at));
    }
  }

  @Test
  void manyNamesAtOneEndStayOnThePicture() {
    LineChart chart = chart();
    for (int i = 0; i < 7; i++) {
      chart.level("level", 0, COLOUR);
    }
    BufferedImage image = chart.draw();
    long below = 0;
    for (int x = image.getWidth() - 190; x < image.getWidth(); x++) {
      below += image.getRGB(x, image.getHeight() - 1) == COLOUR.getRGB() ? 1 : 0;
    }
    assertEquals(0, below, "the last name is cut");
  }

  @Test
  void ticksAreRoundNumbers() {
    assertArrayEquals(
        new double[] {0, 0.1, 0.2, 0.3, 0.4}, Axis.between(0, 0.45, 6).ticks(), 1e-12);
    assertArrayEquals(new double[] {30, 35, 40}, Axis.between(27, 44, 6).ticks(), 1e-12);
    Axis epochs = Axis.wholeNumbers(0, 60, 10);
    assertEquals(10, epochs.step());
    assertEquals(1, Axis.wholeNumbers(0, 2, 10).step());
    assertEquals("20", epochs.label(epochs.ticks()[2]));
    assertEquals("0.05", Axis.between(0, 0.3, 6).label(0.05));
    assertEquals(1, Axis.between(0, 0, 6).high());
  }

  private static LineChart chart() {
    return new LineChart("epoch", "score", 0, 1);
  }

  private static double meanHeight(BufferedImage image) {
    long sum = 0;
    long count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth() - 220; x++) {
        if (image.getRGB(x, y) == COLOUR.getRGB()) {
          sum += y;
          count++;
        }
      }
    }
    assertTrue(count > 100, "the curve is hardly there: " + count + " pixels");
    return (double) sum / count;
  }
}
