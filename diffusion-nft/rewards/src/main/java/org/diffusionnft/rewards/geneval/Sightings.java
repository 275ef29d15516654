package org.diffusionnft.rewards.geneval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What GenEval takes from a detector's answers: of each class at most 16 objects, the most certain
 * first, those above a threshold, and one of several in exactly the same place.
 *
 * @param byLabel at least one object for every label that is there
 */
record Sightings(Map<String, List<DetectedObject>> byLabel) {
  private static final double THRESHOLD = 0.3;

  /** Where objects are counted a doubtful one costs more. */
  private static final double COUNTING_THRESHOLD = 0.9;

  private static final int MOST = 16;
  private static final double SAME_PLACE = 1;

  static Sightings of(List<DetectedObject> objects, String tag) {
    double threshold = tag.equals("counting") ? COUNTING_THRESHOLD : THRESHOLD;
    Map<String, List<DetectedObject>> byLabel = new LinkedHashMap<>();
    objects.stream()
        .filter(o -> o.confidence() > threshold)
        .sorted(Comparator.comparingDouble(DetectedObject::confidence).reversed())
        .forEach(o -> byLabel.computeIfAbsent(o.label(), _ -> new ArrayList<>()).add(o));
    byLabel.replaceAll((_, all) -> distinct(all.subList(0, Math.min(all.size(), MOST))));
    return new Sightings(byLabel);
  }

  private static List<DetectedObject> distinct(List<DetectedObject> objects) {
    List<DetectedObject> kept = new ArrayList<>();
    for (DetectedObject object : objects) {
      if (kept.stream().noneMatch(k -> Geometry.overlap(k.box(), object.box()) >= SAME_PLACE)) {
        kept.add(object);
      }
    }
    return kept;
  }

  List<DetectedObject> of(String label) {
    return byLabel.getOrDefault(label, List.of());
  }
}
