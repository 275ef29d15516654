package example;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import org.diffusionnft.images.Png;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.springframework.stereotype.Service;

/** Opens device and model once; all requests share them, one after the other. */
@Service
class Pictures implements AutoCloseable {
  private final Device device = Devices.openDefault(DeviceOptions.defaults());
  private final Mmdit model;

  Pictures() throws IOException {
    model = ShapesModel.shipped(device);
  }

  byte[] draw(String prompt, long seed) {
    List<String> prompts = List.of(prompt);
    List<float[]> images = ShapesModel.sampler(model).sample(prompts, seed, done -> {});
    BufferedImage sheet = ShapesPictures.sheet(1, 8, images, prompts);
    return Png.encode(sheet);
  }

  @Override
  public void close() {
    model.close();
    device.close();
    System.out.println("pictures closed");
  }
}
