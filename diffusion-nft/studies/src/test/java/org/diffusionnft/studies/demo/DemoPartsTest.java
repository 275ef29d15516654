package org.diffusionnft.studies.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.stream.IntStream;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesModelConfig;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.Test;

class DemoPartsTest {
  @Test
  void theShippedModelIsTheShippedConfiguration() throws IOException {
    try (Device device = new ReferenceDevice()) {
      try (Mmdit model = ShapesModel.shipped(device)) {
        assertEquals(ShapesModelConfig.BASE, model.config());
      }
      assertEquals(0, device.memory().liveBytes());
    }
  }

  @Test
  void theDefaultConfigurationIsComplete() {
    TrainConfig config = Demo.defaultConfig();
    assertEquals("shapes", config.model());
    assertEquals(HeldOut.FULL, config.evaluation().prompts());
    assertEquals(1, config.evaluation().sampling().guidanceScale());
    try (WeightedRewards rewards = WeightedRewards.open(config.rewards())) {
      assertEquals(config.rewards().keySet(), java.util.Set.copyOf(rewards.names()));
    }
    assertEquals(config, TrainConfig.parse("again", config.toYaml(), TrainConfig.official()));
  }

  @Test
  void curvesAreSmoothedOverATwentieth() {
    double[] values = IntStream.range(0, 40).mapToDouble(i -> i % 2).toArray();
    double[] smooth = CurveChart.smooth(values);
    assertEquals(0, smooth[0]);
    assertEquals(0.5, smooth[1], 1e-12);
    assertEquals(0.5, smooth[39], 1e-12);
    assertArrayEquals(new double[] {3, 1}, CurveChart.smooth(new double[] {3, 1}));
  }

  @Test
  void aCurveIsDrawnWhereItsValuesAre() {
    Color colour = new Color(10, 20, 200);
    BufferedImage low = new CurveChart("t").curve("c", new double[] {0.1, 0.1, 0.1}, colour).draw();
    BufferedImage high =
        new CurveChart("t").curve("c", new double[] {0.9, 0.9, 0.9}, colour).draw();
    assertTrue(meanHeight(high, colour) + 200 < meanHeight(low, colour));
  }

  private static double meanHeight(BufferedImage image, Color colour) {
    long sum = 0;
    int count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth() - 220; x++) {
        if (image.getRGB(x, y) == colour.getRGB()) {
          sum += y;
          count++;
        }
      }
    }
    assertTrue(count > 100, "the curve is hardly there: " + count + " pixels");
    return (double) sum / count;
  }
}
