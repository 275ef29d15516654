package org.diffusionnft.studies.course;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.weights.io.StrictJson;

/**
 * The trajectories from noise to images for every solver and number of steps on the page, and the
 * noise added to images.
 */
final class FlowFigure {
  static final List<Integer> STEPS = List.of(2, 4, 6, 10, 20, 40);
  static final List<Double> ETAS = List.of(0.2, 0.4, 0.7, 1.0);
  static final int SHOWN = 160;
  private static final int COUNTED = 1000;
  private static final List<String> STRAIGHT = List.of("dpm2", "dpm1");
  private static final List<String> NOISY = List.of("flow", "dance", "flow_cps");

  private FlowFigure() {}

  static ObjectNode json(ToyWorld world) {
    ObjectNode json = StrictJson.object();
    Packed.list(json, "steps", STEPS);
    Packed.list(json, "etas", ETAS);
    ObjectNode runs = json.putObject("runs");
    for (int count : STEPS) {
      for (String solver : STRAIGHT) {
        put(runs, world, solver + " " + count, Solver.named(solver, true, 0), count);
      }
      for (double eta : ETAS) {
        for (String solver : NOISY) {
          String name = "%s %s %d".formatted(solver, Packed.key(eta), count);
          put(runs, world, name, Solver.named(solver, false, eta), count);
        }
      }
    }
    List<Vector2> noise = new ArrayList<>();
    List<Vector2> images = new ArrayList<>();
    for (int i = 0; i < SHOWN; i++) {
      float[] e = new Philox(3, i).normals(0, 2);
      noise.add(new Vector2(e[0], e[1]));
      images.add(world.draw(new Philox(4, i).sequence(0)));
    }
    ObjectNode forward = json.putObject("forward");
    forward.put("images", Packed.vectors(images)).put("noise", Packed.vectors(noise));
    forward.put("marks", Packed.marks(world, images));
    return json;
  }

  private static void put(ObjectNode runs, ToyWorld world, String name, Solver solver, int steps) {
    ToySampler sampler = new ToySampler(solver, steps);
    List<List<Vector2>> paths = sampler.paths(Fields.old(world), COUNTED);
    List<Vector2> frames = new ArrayList<>();
    for (int step = 0; step <= steps; step++) {
      for (List<Vector2> path : paths.subList(0, SHOWN)) {
        frames.add(path.get(step));
      }
    }
    List<Vector2> images = paths.stream().map(List::getLast).toList();
    Census census = Census.of(world, images);
    ObjectNode run = runs.putObject(name);
    ArrayNode levels = run.putArray("levels");
    for (float level : sampler.levels()) {
      levels.add(Packed.rounded(level));
    }
    run.put("frames", Packed.vectors(frames))
        .put("marks", Packed.marks(world, images.subList(0, SHOWN)))
        .put("strayed", Packed.rounded(census.strayed()))
        .put("between", Packed.rounded(census.between()))
        .put("elongation", Packed.rounded(census.elongation()));
  }
}
