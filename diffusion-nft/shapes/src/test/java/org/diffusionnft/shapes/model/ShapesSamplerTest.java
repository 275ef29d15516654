package org.diffusionnft.shapes.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShapesSamplerTest {
  private static final List<String> CAPTIONS =
      List.of("a red circle", "two blue squares", "a green triangle above a red square");

  /** Which batch a picture is in, and how large it is, changes no bit. */
  @Tag("slow")
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "BF16"})
  void aPictureIsTheSameAloneAndInABatch(Precision precision) throws IOException {
    SamplingSettings settings =
        ShapesModel.SAMPLING.withSteps(3).withGuidanceScale(3).withPrecision(precision);
    try (Device device = Devices.openDefault(DeviceOptions.defaults());
        Mmdit model = ShapesModel.shipped(device)) {
      ShapesSampler sampler = new ShapesSampler(model, ForwardPass.BASE, settings);
      List<String> captions = new ArrayList<>();
      List<Philox> noise = new ArrayList<>();
      for (int i = 0; i < 21; i++) {
        captions.add(CAPTIONS.get(i % CAPTIONS.size()));
        noise.add(new Philox(i / 3, i % 5));
      }
      Images all = sampler.sample(captions, Noise.philox(noise));
      for (int i = 0; i < captions.size(); i++) {
        Images alone =
            sampler.sample(captions.subList(i, i + 1), Noise.philox(noise.subList(i, i + 1)));
        assertArrayEquals(alone.image(0), all.image(i), "picture " + i);
      }
    }
  }
}
