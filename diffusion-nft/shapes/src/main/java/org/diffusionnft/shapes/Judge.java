package org.diffusionnft.shapes;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Judges pictures by rules, as GenEval does: what is asked for must be present, and nothing else.
 *
 * <p>{@link Verdict#strict} is the score that tables report. {@link Verdict#graded} gives partial
 * credit for what is nearly right and is what training maximises: with a strict score alone, most
 * groups of samples would have no variance.
 *
 * <p>Pixels that are neither background nor object reduce the score too. A judge that ignores them
 * teaches the policy to dissolve a superfluous object into noise instead of leaving it out.
 */
public final class Judge {
  // Centres must be this far apart in the requested direction, in pixels; rendered scenes keep 8.
  private static final double LEAST_DISTANCE = 4;

  /**
   * The judgement of one picture.
   *
   * @param graded mean of the four parts below times how clean the picture is, in [0, 1]; parts
   *     that were not asked for are ignored
   * @param clean 1 for a perfectly rendered picture, 1/2 if the root mean square distance to one is
   *     0.1
   * @param count 1 for the right number of objects, decreasing with missing or superfluous ones
   * @param shape how well the best matching objects have the requested shapes
   * @param colour how well they have the requested colours, or a single colour each if none is
   *     requested
   * @param relation 1 if their positions are as requested or none are requested, else 0
   * @param miss the first deviation from the prompt, or null if there is none
   */
  public record Verdict(
      double graded,
      double clean,
      double count,
      double shape,
      double colour,
      double relation,
      @Nullable Miss miss) {
    /** Whether the picture shows exactly what was asked for. */
    public boolean strict() {
      return miss == null;
    }

    /** Whether the picture shows exactly the requested objects, wherever they are. */
    public boolean objects() {
      return miss == null || miss == Miss.RELATION;
    }
  }

  private Judge() {}

  /**
   * Judges one picture.
   *
   * @param image shape [3, SIZE, SIZE], row-major, values in [-1, 1]
   */
  public static Verdict judge(ShapesPrompt prompt, float[] image) {
    SeenScene scene = SceneReader.read(image);
    List<SeenShape> seen = scene.objects();
    List<NounPhrase> asked = new ArrayList<>();
    for (NounPhrase phrase : prompt.phrases()) {
      for (int i = 0; i < phrase.count(); i++) {
        asked.add(phrase);
      }
    }
    Matching best = new Matching(asked, seen, prompt.relation());
    double count = 1.0 / (1 + Math.abs(seen.size() - asked.size()));
    double parts = count + best.shape() + best.colour();
    double mean = prompt.relation() == null ? parts / 3 : (parts + best.relation()) / 4;
    double clean = scene.cleanness();
    return new Verdict(
        mean * clean,
        clean,
        count,
        best.shape(),
        best.colour(),
        best.relation(),
        miss(scene, asked.size(), best));
  }

  private static @Nullable Miss miss(SeenScene scene, int asked, Matching best) {
    int seen = scene.objects().size();
    if (seen != asked) {
      return seen > asked ? Miss.TOO_MANY : Miss.TOO_FEW;
    }
    if (!best.objectsRight()) {
      return !scene.objects().stream().allMatch(SeenShape::clear)
          ? Miss.UNCLEAR
          : best.kindsRight() ? Miss.COLOUR : Miss.SHAPE;
    }
    if (!scene.clean()) {
      return Miss.CLUTTER;
    }
    return best.relation() == 1 ? null : Miss.RELATION;
  }

  /** Whether the positions of two objects are as requested. */
  static boolean holds(Relation relation, SeenShape first, SeenShape second) {
    return relation.distance(first.x(), first.y(), second.x(), second.y()) >= LEAST_DISTANCE;
  }
}
