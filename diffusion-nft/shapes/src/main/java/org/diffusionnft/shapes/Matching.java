package org.diffusionnft.shapes;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The best way to give each asked object one of the seen objects. */
final class Matching {
  // An outline that fits its template this badly earns nothing, one that fits this well all.
  private static final double POOR_FIT = 0.4;
  private static final double GOOD_FIT = 0.85;
  // An outline that looks more like another kind earns this part.
  private static final double WRONG_KIND = 0.3;
  // More objects than this are not searched: such a picture is hopeless anyway.
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

  /** Mean over the asked objects of how well the shape is met, in [0, 1]. */
  double shape() {
    return shape;
  }

  /** Mean over the asked objects of how well the colour is met, in [0, 1]. */
  double colour() {
    return colour;
  }

  /** 1 if the relation holds or none was asked, else 0. */
  double relation() {
    return related;
  }

  /** Whether each asked object is there in the asked shape, whatever its colour. */
  boolean kindsRight() {
    return kindsRight;
  }

  /** Whether each asked object is clearly there, wherever it lies. */
  boolean objectsRight() {
    return objectsRight;
  }

  // choice[i] is 1 + the index of the seen object given to asked object i, or 0 for none.
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
    // The relation decides only between equally good matchings: objects are what they look like.
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
