package org.diffusionnft.studies.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
    double[] smooth = Comparison.smooth(values);
    assertEquals(0, smooth[0]);
    assertEquals(0.5, smooth[1], 1e-12);
    assertEquals(0.5, smooth[39], 1e-12);
    assertArrayEquals(new double[] {3, 1}, Comparison.smooth(new double[] {3, 1}));
  }
}
