package org.diffusionnft.shapes;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The best assignment of detected objects to requested ones. */
final class Matching {
  // An outline earns nothing at or below the poor fit, and everything at or above the good one.
  private static final double POOR_FIT = 0.4;
  private static final double GOOD_FIT = 0.85;
  // An outline that looks more like another kind earns this fraction.
  private static final double WRONG_KIND = 0.3;
  // Pictures with more objects than this are not searched: they are hopeless anyway.
  private static final int MOST_SEEN = 7;

  private final List<NounPhrase> asked;
  private final List<SeenShape> seen;
  private final @Nullable Relation relation;
  private double bestScore = -1;
  private double shape;
  private double colour;
  private double related;
  private boolean kindsRight;
  private boolean objectsRight;

  Matching(List<NounPhrase> asked, List<SeenShape> seen, @Nullable Relation relation) {
    this.asked = asked;
    this.seen = seen.subList(0, Math.min(seen.size(), MOST_SEEN));
    this.relation = relation;
    search(new int[asked.size()], 0, 0);
  }

  /** The mean shape score over the requested objects, in [0, 1]. */
  double shape() {
    return shape;
  }

  /** The mean colour score over the requested objects, in [0, 1]. */
  double colour() {
    return colour;
  }

  /** 1 if the relation holds or none is requested, else 0. */
  double relation() {
    return related;
  }

  /** Whether each requested object is present in the requested shape, whatever its colour. */
  boolean kindsRight() {
    return kindsRight;
  }

  /** Whether each requested object is clearly present, wherever it is. */
  boolean objectsRight() {
    return objectsRight;
  }

  // choice[i] is 1 + the index of the detected object for requested object i, or 0 for none.
  private void search(int[] choice, int next, int used) {
    if (next == asked.size()) {
      weigh(choice);
      return;
    }
    choice[next] = 0;
    search(choice, next + 1, used);
    for (int i = 0; i < seen.size(); i++) {
      if ((used & 1 << i) == 0) {
        choice[next] = i + 1;
        search(choice, next + 1, used | 1 << i);
      }
    }
  }

  private void weigh(int[] choice) {
    double shapes = 0;
    double colours = 0;
    boolean kinds = true;
    boolean right = true;
    for (int i = 0; i < choice.length; i++) {
      NounPhrase phrase = asked.get(i);
      if (choice[i] == 0) {
        kinds = false;
        right = false;
        continue;
      }
      SeenShape found = seen.get(choice[i] - 1);
      shapes += shapeScore(phrase.kind(), found) / choice.length;
      Hue hue = phrase.hue() == null ? found.hue() : phrase.hue();
      colours += found.share().getOrDefault(hue, 0.0) / choice.length;
      kinds &= found.kind() == phrase.kind();
      right &= found.clear() && phrase.fits(found.kind(), found.hue());
    }
    boolean lies =
        relation == null
            || (choice[0] != 0
                && choice[1] != 0
                && Judge.holds(relation, seen.get(choice[0] - 1), seen.get(choice[1] - 1)));
    // The relation only breaks ties between matchings: objects are matched by appearance.
    double score = shapes + colours + (lies ? 1e-6 : 0) + (right ? 1e-3 : 0);
    if (score > bestScore) {
      bestScore = score;
      shape = shapes;
      colour = colours;
      related = lies ? 1 : 0;
      kindsRight = kinds;
      objectsRight = right;
    }
  }

  private static double shapeScore(ShapeKind kind, SeenShape found) {
    double fit = found.fit().getOrDefault(kind, 0.0);
    double score = Math.clamp((fit - POOR_FIT) / (GOOD_FIT - POOR_FIT), 0, 1);
    return found.kind() == kind ? score : WRONG_KIND * score;
  }
}
