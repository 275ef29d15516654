package org.diffusionnft.rewards.geneval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.diffusionnft.images.Pixels;
import org.jspecify.annotations.Nullable;

/**
 * GenEval's rules (Ghosh et al., arXiv 2310.11513) for a detector's results: those of its
 * evaluation, and those of the reference code's {@code evaluate_reward}, which are stricter (exact
 * counts) and give partial credit.
 */
public final class GenEvalRules {
  private final Demand demand;
  private final Sightings seen;
  private final Pixels picture;
  private final ColorNamer colors;
  private final GenEvalSettings settings;
  private final List<@Nullable List<DetectedObject>> matched = new ArrayList<>();
  private final List<Double> parts = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();

  /**
   * Rules for a single verdict.
   *
   * @param objects the detected objects
   * @param picture the picture that colours are read from
   */
  public GenEvalRules(
      Demand demand,
      List<DetectedObject> objects,
      Pixels picture,
      ColorNamer colors,
      GenEvalSettings settings) {
    this.demand = demand;
    this.seen = Sightings.of(objects, demand.tag(), settings);
    this.picture = picture;
    this.colors = colors;
    this.settings = settings;
  }

  /**
   * The rules' verdict on a picture.
   *
   * @param correct whether it shows what is asked for
   * @param score 1 or 0 by the benchmark's rules; by the strict ones the mean partial credit; an
   *     extra object costs as much as a missing one, so it can be negative
   * @param reasons what is wrong, worded as in GenEval's evaluation
   */
  public record Verdict(boolean correct, double score, List<String> reasons) {}

  /** The benchmark's verdict: enough objects; only the most confident ones are considered. */
  public Verdict benchmark() {
    applyBenchmark();
    boolean correct = reasons.isEmpty();
    return new Verdict(correct, correct ? 1 : 0, List.copyOf(reasons));
  }

  /** The verdict for training: exactly as many objects as are asked for. */
  public Verdict strict() {
    applyStrict();
    double score = parts.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    return new Verdict(reasons.isEmpty(), score, List.copyOf(reasons));
  }

  private void applyStrict() {
    for (Demand.Clause clause : demand.include()) {
      List<DetectedObject> found = seen.of(clause.label());
      parts.add(1 - Math.abs(clause.count() - found.size()) / (double) clause.count());
      boolean fits = true;
      if (found.size() != clause.count()) {
        fits = fail(clause.label() + "==" + clause.count(), found.size());
        if (clause.color() != null || clause.position() != null) {
          parts.add(0.0);
        }
      } else {
        if (clause.color() != null) {
          List<String> named = colors.colors(picture, found, clause.label());
          int right = Collections.frequency(named, clause.color());
          parts.add(1 - Math.abs(clause.count() - right) / (double) clause.count());
          fits = right == clause.count() || fail(clause, "==", named);
        }
        if (clause.position() != null && fits) {
          fits = isPlaced(clause, found);
          if (!fits) {
            parts.add(0.0);
          }
          // The reference code adds this point after a wrong position too, but not without a
          // target.
          if (matched.get(clause.position().group()) != null) {
            parts.add(1.0);
          }
        }
      }
      matched.add(fits ? found : null);
    }
  }

  private void applyBenchmark() {
    for (Demand.Clause clause : demand.include()) {
      List<DetectedObject> all = seen.of(clause.label());
      List<DetectedObject> found = all.subList(0, Math.min(all.size(), clause.count()));
      boolean fits = true;
      if (found.size() < clause.count()) {
        fits = fail(clause.label() + ">=" + clause.count(), found.size());
      } else {
        if (clause.color() != null) {
          List<String> named = colors.colors(picture, found, clause.label());
          fits =
              Collections.frequency(named, clause.color()) >= clause.count()
                  || fail(clause, ">=", named);
        }
        if (clause.position() != null && fits) {
          fits = isPlaced(clause, found);
        }
      }
      matched.add(fits ? found : null);
    }
    for (Demand.Clause clause : demand.exclude()) {
      int found = seen.of(clause.label()).size();
      if (found >= clause.count()) {
        fail(clause.label() + "<" + clause.count(), found);
      }
    }
  }

  /** Whether each object has the right position relative to each object of the target group. */
  private boolean isPlaced(Demand.Clause clause, List<DetectedObject> found) {
    Demand.Position position = clause.position();
    if (position == null) {
      return true;
    }
    List<DetectedObject> targets = matched.get(position.group());
    if (targets == null) {
      reasons.add("no target for " + clause.label() + " to be " + position.relation());
      return false;
    }
    for (DetectedObject object : found) {
      for (DetectedObject target : targets) {
        var relations = Geometry.relations(object.box(), target.box(), settings.positionMargin());
        if (!relations.contains(position.relation())) {
          reasons.add(
              "expected %s %s target, found %s target"
                  .formatted(clause.label(), position.relation(), String.join(" and ", relations)));
          return false;
        }
      }
    }
    return true;
  }

  private boolean fail(Demand.Clause clause, String compared, List<String> named) {
    String counted =
        ColorNamer.COLORS.stream()
            .filter(named::contains)
            .map(color -> Collections.frequency(named, color) + " " + color)
            .collect(Collectors.joining(", "));
    reasons.add(
        "expected %s %s%s%d, found %d %s; and %s"
            .formatted(
                clause.color(),
                clause.label(),
                compared,
                clause.count(),
                Collections.frequency(named, String.valueOf(clause.color())),
                clause.color(),
                counted));
    return false;
  }

  private boolean fail(String expected, int found) {
    reasons.add("expected " + expected + ", found " + found);
    return false;
  }
}
