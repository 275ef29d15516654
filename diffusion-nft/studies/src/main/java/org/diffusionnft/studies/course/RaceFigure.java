package org.diffusionnft.studies.course;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.weights.io.StrictJson;

/** Four trainings of one network on one reward, epoch by epoch. */
final class RaceFigure {
  static final int EPOCHS = 20;
  static final double LEVEL = 0.5;
  private static final int SHOWN = 160;
  private static final int COUNTED = 1000;

  private RaceFigure() {}

  static ObjectNode json() {
    // The networks are so small that a second thread would only add waiting.
    try (Device device = Devices.openDefault(new DeviceOptions(1))) {
      return json(device);
    }
  }

  private static ObjectNode json(Device device) {
    ToyWorld world = ToyWorld.eight();
    ToyNet base = ToyTraining.pretrained(device, world);
    ObjectNode json = StrictJson.object();
    json.put("epochs", EPOCHS)
        .put("images", ToyTraining.IMAGES)
        .put("steps", ToyTraining.STEPS)
        .put("level", LEVEL);
    ArrayNode racers = json.putArray("racers");
    for (Racer racer : Racer.values()) {
      ArrayNode epochs = racers.addObject().put("title", racer.title()).putArray("snapshots");
      ToyTraining training = new ToyTraining(racer, base);
      put(epochs.addObject(), world, training.net());
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        training.epoch(image -> world.r(image) > 0.5 ? 1 : 0);
        put(epochs.addObject(), world, training.net());
      }
    }
    return json;
  }

  private static void put(ObjectNode node, ToyWorld world, ToyNet net) {
    List<Vector2> images = Chapter.solver(20).images(net.device(), net.velocity(), COUNTED);
    Census census = Packed.images(node, world, images, SHOWN);
    node.put("good", Packed.rounded(census.good(world)));
    node.put("field", Packed.vectors(net.arrows(Places.ALL, LEVEL)));
  }
}
