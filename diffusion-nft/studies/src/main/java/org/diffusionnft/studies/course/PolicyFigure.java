package org.diffusionnft.studies.course;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.studies.course.ToySampler.Field;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Fields and images for every reward that can be drawn: each of the eight Gaussians is wanted or
 * not. Rewards that differ by a rotation by eighths have rotated fields, so only one of them is
 * computed, and the page rotates it.
 *
 * <p>{@code v⁻} and its images are not included: bad images of a reward are good ones of the
 * opposite reward, so they are that one's {@code v⁺}.
 */
final class PolicyFigure {
  static final List<Double> BETAS = List.of(4.0, 2.0, 1.0, 0.5, 0.25, 0.1);

  /**
   * Guidance scales, and 1/β for every β: without the negative branch, the loss is minimal at
   * {@code v_old + (v⁺ - v_old) / β}.
   */
  static final List<Double> SCALES = List.of(0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 10.0);

  private static final int SHOWN = 200;
  private static final int COUNTED = 400;
  private static final ToySampler SAMPLER = Chapter.solver(40);

  private PolicyFigure() {}

  static ObjectNode json() {
    try (Device device = Devices.openDefault(new DeviceOptions(1))) {
      return json(device);
    }
  }

  private static ObjectNode json(Device device) {
    ObjectNode json = StrictJson.object();
    json.put("counted", COUNTED);
    Packed.list(json, "levels", Places.LEVELS);
    Packed.list(json, "betas", BETAS);
    Packed.list(json, "scales", SCALES);
    Packed.list(json, "rings", Places.RINGS);
    ToyWorld world = ToyWorld.eight();
    json.put("places", Packed.vectors(Places.ALL));
    json.put("field", Packed.vectors(Places.arrows(Fields.old(world))));
    put(json.putObject("old"), device, world, Fields.old(world));
    ObjectNode rewards = json.putObject("rewards");
    for (int wanted = 0; wanted < 1 << ToyWorld.BLOBS; wanted++) {
      if (wanted == canonical(wanted)) {
        rewards.set(Integer.toString(wanted), reward(device, ToyWorld.wanted(wanted)));
      }
    }
    return json;
  }

  /** The smallest of the eight numbers that a reward has under rotation. */
  static int canonical(int wanted) {
    return IntStream.range(0, ToyWorld.BLOBS)
        .map(by -> (wanted >> by | wanted << (ToyWorld.BLOBS - by)) & 0xff)
        .min()
        .orElseThrow();
  }

  private static ObjectNode reward(Device device, ToyWorld world) {
    ObjectNode node = StrictJson.object();
    List<Double> alphas = new ArrayList<>();
    for (double t : Places.LEVELS) {
      for (Vector2 place : Places.ALL) {
        alphas.add(world.at(place, t).alpha());
      }
    }
    node.put("alpha", Packed.numbers(alphas.stream().mapToDouble(a -> a).toArray()));
    node.put("positive", Packed.vectors(Places.arrows(Fields.positive(world))));
    ObjectNode guided = node.putObject("guided");
    for (double scale : SCALES) {
      put(guided.putObject(Packed.key(scale)), device, world, Fields.guided(world, scale));
    }
    ObjectNode updated = node.putObject("updated");
    for (double beta : BETAS) {
      put(updated.putObject(Packed.key(beta)), device, world, Fields.updated(world, beta));
    }
    return node;
  }

  private static void put(ObjectNode node, Device device, ToyWorld world, Field field) {
    Packed.images(node, world, SAMPLER.images(device, ToySampler.velocity(field), COUNTED), SHOWN);
  }
}
