package org.diffusionnft.models.vae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pictures of any size have latents, one for every whole patch. */
@Tag("slow")
class VaeTest {

  @ParameterizedTest
  @CsvSource({"8, 6, 4, 3", "9, 7, 4, 3", "2, 13, 1, 6", "3, 2, 1, 1"})
  void sizesAreHalvedAndRoundedDown(int height, int width, int latentHeight, int latentWidth) {
    try (Device device = new ReferenceDevice();
        Vae vae = TiledDecodingTest.vae(device)) {
      Vae.Latents latents = vae.encode(Variable.constant(picture(device, height, width)));
      assertEquals(Shape.of(1, 4, latentHeight, latentWidth), latents.mean().shape());
      for (double x : latents.mean().value().toDoubles()) {
        assertTrue(Double.isFinite(x));
      }
    }
  }

  @Test
  void picturesWithoutOneWholePatch() {
    try (Device device = new ReferenceDevice();
        Vae vae = TiledDecodingTest.vae(device)) {
      Variable narrow = Variable.constant(picture(device, 8, 1));
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> vae.encode(narrow));
      assertTrue(String.valueOf(e.getMessage()).contains("H and W of at least 2"), e.getMessage());
    }
  }

  private static Tensor picture(Device device, int height, int width) {
    float[] values = new Philox(2, 1).normals(0, 3 * height * width);
    return Tensor.of(device, values, 1, 3, height, width);
  }
}
