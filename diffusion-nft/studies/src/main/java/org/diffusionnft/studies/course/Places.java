package org.diffusionnft.studies.course;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.studies.course.ToySampler.Field;

/**
 * The start points of the page's arrows: on rings, so that they are symmetric under rotation by an
 * eighth, like the world.
 */
final class Places {
  /** The number of points on each ring; the first ring is the centre. */
  static final List<Integer> RINGS = List.of(1, 8, 16, 16, 24, 24, 32, 32);

  /** The noise levels at which fields are computed; between them the page interpolates linearly. */
  static final List<Double> LEVELS = levels();

  /** The start points of the arrows. */
  static final List<Vector2> ALL = rings();

  private Places() {}

  /** A field's arrows at all levels, {@code [level][place]}. */
  static List<Vector2> arrows(Field field) {
    List<Vector2> arrows = new ArrayList<>();
    for (double t : LEVELS) {
      for (Vector2 place : ALL) {
        arrows.add(field.at(place, t));
      }
    }
    return arrows;
  }

  private static List<Double> levels() {
    List<Double> levels = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      levels.add(i / 20.0);
    }
    return List.copyOf(levels);
  }

  private static List<Vector2> rings() {
    List<Vector2> places = new ArrayList<>();
    for (int ring = 0; ring < RINGS.size(); ring++) {
      double radius = 0.4 * ring;
      for (int i = 0; i < RINGS.get(ring); i++) {
        double angle = 2 * Math.PI * i / RINGS.get(ring);
        places.add(new Vector2(radius * Math.cos(angle), radius * Math.sin(angle)));
      }
    }
    return List.copyOf(places);
  }
}
