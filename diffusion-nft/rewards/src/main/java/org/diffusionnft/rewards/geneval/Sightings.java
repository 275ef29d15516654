package org.diffusionnft.rewards.geneval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * GenEval's selection from a detector's objects: per class the most confident ones, first those
 * above a threshold, of these at most a maximum number, of these the ones that do not overlap too
 * much.
 *
 * @param byLabel at least one object for every label present
 */
record Sightings(Map<String, List<DetectedObject>> byLabel) {
  private static final String COUNTING = "counting";

  static Sightings of(List<DetectedObject> objects, String tag, GenEvalSettings settings) {
    double threshold = tag.equals(COUNTING) ? settings.countingThreshold() : settings.threshold();
    Map<String, List<DetectedObject>> byLabel = new LinkedHashMap<>();
    objects.stream()
        .filter(o -> o.confidence() > threshold)
        .sorted(Comparator.comparingDouble(DetectedObject::confidence).reversed())
        .forEach(o -> byLabel.computeIfAbsent(o.label(), _ -> new ArrayList<>()).add(o));
    byLabel.replaceAll(
        (_, all) ->
            apart(
                all.subList(0, Math.min(all.size(), settings.mostObjects())),
                settings.mostOverlap()));
    return new Sightings(byLabel);
  }

  private static List<DetectedObject> apart(List<DetectedObject> objects, double mostOverlap) {
    List<DetectedObject> kept = new ArrayList<>();
    for (DetectedObject object : objects) {
      boolean covered =
          mostOverlap < 1
              && kept.stream()
                  .anyMatch(k -> Geometry.overlap(k.box(), object.box()) >= mostOverlap);
      if (!covered) {
        kept.add(object);
      }
    }
    return kept;
  }

  List<DetectedObject> of(String label) {
    return byLabel.getOrDefault(label, List.of());
  }
}
