package org.diffusionnft.models.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tiles cover a picture, their weights add up to 1, and seams fade. */
class TiledDecodingTest {
  private static final VaeConfig CONFIG = new VaeConfig(3, 4, List.of(4, 8), 1, 4, 1.5, 0.1);

  @ParameterizedTest
  @CsvSource({
    "64, 16, 128",
    "64, 16, 65",
    "64, 16, 100",
    "64, 16, 129",
    "96, 24, 128",
    "8, 4, 29",
    "3, 1, 7",
    "5, 0, 12",
    "64, 16, 40",
    "64, 32, 200"
  })
  void weightsAddUpToOne(int tile, int overlap, long size) {
    int d = 2;
    List<TiledDecoding.Tile> tiles = new TiledDecoding(tile, overlap).tiles(size, d);
    double[] sums = new double[(int) size * d];
    for (int i = 0; i < tiles.size(); i++) {
      TiledDecoding.Tile t = tiles.get(i);
      assertEquals(Math.min(tile, size) * d, t.weights().length);
      if (i > 0) {
        long shared = tiles.get(i - 1).start() + tile - t.start();
        assertTrue(shared >= overlap, "tiles " + (i - 1) + " and " + i + " share " + shared);
      }
      for (int j = 0; j < t.weights().length; j++) {
        sums[(int) t.start() * d + j] += t.weights()[j];
      }
    }
    for (double sum : sums) {
      assertEquals(1, sum, 1e-6);
    }
    long fewest = size <= tile ? 1 : 1 + Math.ceilDiv(size - tile, tile - overlap);
    assertEquals(fewest, tiles.size());
  }

  @Test
  void aPictureThatFitsIsDecodedAtOnce() {
    try (Device device = new ReferenceDevice();
        Vae vae = vae(device)) {
      Tensor z = latents(device, 6, 7);
      double[] whole = vae.decode(Variable.constant(z)).value().toDoubles();
      assertArrayEquals(whole, new TiledDecoding(7, 2).decode(vae, z).toDoubles());
    }
  }

  /** Group norms see a tile and not the picture, so tiles differ, but not at seams alone. */
  @Tag("slow")
  @Test
  void tilesResembleTheWhole() {
    try (Device device = new ReferenceDevice();
        Vae vae = vae(device)) {
      Tensor z = latents(device, 20, 14);
      long live = device.memory().liveBytes();
      double[] whole;
      double[] tiled;
      try (var _ = device.memory().scope()) {
        whole = vae.decode(Variable.constant(z)).value().toDoubles();
        Tensor picture = new TiledDecoding(10, 4).decode(vae, z);
        assertEquals(Shape.of(2, 3, 40, 28), picture.shape());
        tiled = picture.toDoubles();
      }
      assertEquals(live, device.memory().liveBytes(), "memory was not returned");
      double difference = 0;
      double size = 0;
      for (int i = 0; i < whole.length; i++) {
        difference += Math.pow(whole[i] - tiled[i], 2);
        size += whole[i] * whole[i];
      }
      double relative = Math.sqrt(difference / size);
      assertTrue(relative > 1e-6 && relative < 0.4, "relative difference " + relative);
    }
  }

  @Test
  void impossibleTiles() {
    assertThrows(IllegalArgumentException.class, () -> new TiledDecoding(8, 5));
    assertThrows(IllegalArgumentException.class, () -> new TiledDecoding(0, 0));
  }

  private static Tensor latents(Device device, int height, int width) {
    return Tensor.of(
        device, new Philox(1, 1).normals(0, 2 * 4 * height * width), 2, 4, height, width);
  }

  static Vae vae(Device device) {
    Map<String, Shape> shapes = new LinkedHashMap<>(VaeLayout.parameters(CONFIG));
    return Vae.load(
        CONFIG,
        new WeightSource() {
          @Override
          public Tensor get(String name, Shape expected) {
            float[] values = new Philox(3, name.hashCode()).normals(0, (int) expected.elements());
            double inputs = (double) expected.elements() / expected.dim(0);
            for (int i = 0; i < values.length; i++) {
              values[i] =
                  expected.rank() > 1
                      ? (float) (values[i] / Math.sqrt(inputs))
                      : name.endsWith("weight") ? 1 : 0;
            }
            return Tensor.of(device, values, expected.dims());
          }

          @Override
          public Set<String> names() {
            return shapes.keySet();
          }
        });
  }
}
