package org.diffusionnft.rewards.geneval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.diffusionnft.images.Pixels;
import org.jspecify.annotations.Nullable;

/**
 * GenEval's rules (Ghosh et al., arXiv 2310.11513) over what a detector saw, as the reference
 * code's {@code gen_eval.py} has them: {@code evaluate}, the benchmark's verdict, and {@code
 * evaluate_reward}, which is stricter (exact counts) and gives parts of a point.
 */
public final class GenEvalRules {
  private final Demand demand;
  private final Sightings seen;
  private final Pixels picture;
  private final ColorNamer colors;
  private final List<@Nullable List<DetectedObject>> matched = new ArrayList<>();
  private final List<Double> parts = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();
  private boolean correct = true;

  private GenEvalRules(Demand demand, Sightings seen, Pixels picture, ColorNamer colors) {
    this.demand = demand;
    this.seen = seen;
    this.picture = picture;
    this.colors = colors;
  }

  /**
   * What the rules say about a picture.
   *
   * @param correct whether the benchmark counts it
   * @param strict whether it shows exactly what is asked for
   * @param score the mean of parts of a point; an object too many costs as much as one too few, so
   *     it can be negative
   * @param reasons what is wrong by the strict rules
   */
  public record Verdict(boolean correct, boolean strict, double score, List<String> reasons) {}

  /** Applies both sets of rules. */
  public static Verdict judge(
      Demand demand, List<DetectedObject> objects, Pixels picture, ColorNamer colors) {
    Sightings seen = Sightings.of(objects, demand.tag());
    GenEvalRules strict = new GenEvalRules(demand, seen, picture, colors);
    strict.applyStrict();
    GenEvalRules benchmark = new GenEvalRules(demand, seen, picture, colors);
    benchmark.applyBenchmark();
    double score = strict.parts.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    return new Verdict(benchmark.correct, strict.correct, score, List.copyOf(strict.reasons));
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
          int right = ofColor(clause, found);
          parts.add(1 - Math.abs(clause.count() - right) / (double) clause.count());
          fits =
              right == clause.count()
                  || fail(clause.color() + " " + clause.label() + "==" + clause.count(), right);
        }
        if (clause.position() != null && fits) {
          fits = isPlaced(clause, found);
          if (!fits) {
            parts.add(0.0);
          }
          // The reference code adds this point after a wrong place too, but not without a target.
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
          int right = ofColor(clause, found);
          fits =
              right >= clause.count()
                  || fail(clause.color() + " " + clause.label() + ">=" + clause.count(), right);
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

  private int ofColor(Demand.Clause clause, List<DetectedObject> found) {
    return Collections.frequency(
        colors.colors(picture, found, clause.label()), String.valueOf(clause.color()));
  }

  /** Whether each of them is where it should be relative to each of the others. */
  private boolean isPlaced(Demand.Clause clause, List<DetectedObject> found) {
    Demand.Position position = clause.position();
    if (position == null) {
      return true;
    }
    List<DetectedObject> targets = matched.get(position.group());
    if (targets == null) {
      correct = false;
      reasons.add("no target for " + clause.label() + " to be " + position.relation());
      return false;
    }
    for (DetectedObject object : found) {
      for (DetectedObject target : targets) {
        var relations = Geometry.relations(object.box(), target.box());
        if (!relations.contains(position.relation())) {
          correct = false;
          reasons.add(
              "expected %s %s target, found %s target"
                  .formatted(clause.label(), position.relation(), String.join(" and ", relations)));
          return false;
        }
      }
    }
    return true;
  }

  private boolean fail(String expected, int found) {
    correct = false;
    reasons.add("expected " + expected + ", found " + found);
    return false;
  }
}
