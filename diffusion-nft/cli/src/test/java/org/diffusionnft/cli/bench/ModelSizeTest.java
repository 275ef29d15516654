package org.diffusionnft.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.diffusionnft.models.adapter.AdapterConfig;
import org.junit.jupiter.api.Test;

/** The count of operations, against one made by hand of two blocks, 4 image and 5 text tokens. */
class ModelSizeTest {
  private static final double C = 1536;
  private static final double IMAGE = 4;
  private static final double TEXT = 5;
  private static final ModelSize SMALL = new ModelSize(2, 32, 1, 5);

  @Test
  void forwardPassIsCountedAsByHand() {
    assertEquals(2 * multiplyAdds() + attention(), SMALL.forwardFlops(), 1);
  }

  @Test
  void aBatchCostsItsPictures() {
    assertEquals(3 * SMALL.forwardFlops(), new ModelSize(2, 32, 3, 5).forwardFlops(), 1);
  }

  @Test
  void trainingStepIsCountedAsByHand() {
    // Rank 32, from C to C: q, k, v and out of the image in both blocks, of the text in the first;
    // in the last block the text has keys and values, and a query without effect.
    double rows = 2 * 4 * IMAGE + 4 * TEXT + 2 * TEXT;
    double low = 2 * 32 * 2 * C * rows;
    double expected = 2 * 2 * multiplyAdds() + 3 * attention() + 3 * low;
    AdapterConfig adapter = new AdapterConfig(32, 64, AdapterConfig.JOINT_ATTENTION);
    assertEquals(expected, SMALL.trainFlops(adapter), 1);
  }

  @Test
  void costsGrowWithThePicture() {
    double half = new ModelSize(4, 256, 1, 205).forwardFlops();
    double whole = new ModelSize(4, 512, 1, 205).forwardFlops();
    assertTrue(whole > 2.5 * half && whole < 4 * half, whole / half + " times");
  }

  @Test
  void sizesOutOfRangeAreRefusedByTheirOption() {
    assertRefused("--layers must be 1 to 24, not 0", 0, 512, 1, 205);
    assertRefused("--layers must be 1 to 24, not 25", 25, 512, 1, 205);
    assertRefused("--resolution must be a multiple of 16 up to 6144, not 500", 4, 500, 1, 205);
    assertRefused("--resolution must be a multiple of 16 up to 6144, not 8192", 4, 8192, 1, 205);
    assertRefused("--batch must be 1 to 1024, not 0", 4, 512, 0, 205);
    assertRefused("--context must be 1 to 4096, not 0", 4, 512, 1, 0);
  }

  private static void assertRefused(
      String message, int layers, int resolution, int batch, int context) {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new ModelSize(layers, resolution, batch, context));
    assertEquals(message, refused.getMessage());
  }

  /** Of all linear layers. */
  private static double multiplyAdds() {
    double embedders = 64 * C * IMAGE + 4096 * C * TEXT + (256 + C + 2048 + C) * C;
    double modulations = (9 + 6) * C * C + (9 + 2) * C * C + 2 * C * C;
    // Attention's four layers, the second attention's four, eight of the feed-forward network.
    double imageLayers = 2 * (4 + 4 + 8) * C * C * IMAGE;
    double textLayers = (4 + 8) * C * C * TEXT + 2 * C * C * TEXT;
    return embedders + modulations + imageLayers + textLayers + 64 * C * IMAGE;
  }

  /** Of scores and weighted sums, an addition counted like a multiplication. */
  private static double attention() {
    double all = IMAGE + TEXT;
    return 4 * C * (all * all + IMAGE * IMAGE + IMAGE * all + IMAGE * IMAGE);
  }
}
