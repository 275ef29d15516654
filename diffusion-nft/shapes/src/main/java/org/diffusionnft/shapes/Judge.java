package org.diffusionnft.shapes;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Judges pictures by rules, as GenEval does: what is asked for must be there, and nothing else.
 *
 * <p>{@link Verdict#strict} is the score that tables report. {@link Verdict#graded} gives parts of
 * a point for what is nearly right and is what training maximises: a strict score alone leaves most
 * groups of samples without variance.
 *
 * <p>Pixels that are neither ground nor object cost points too. A judge that overlooks them teaches
 * the policy to dissolve a superfluous object into noise instead of leaving it out.
 */
public final class Judge {
  // Centres must be this far apart in the asked direction, in pixels; rendered scenes keep 8.
  private static final double LEAST_DISTANCE = 4;

  /**
   * The judgement of one picture.
   *
   * @param graded mean of the four parts below times how clean the picture is, in [0, 1]; parts
   *     that were not asked for do not count
   * @param clean 1 for a picture as if drawn, 1/2 where the root mean square distance to one is 0.1
   * @param count 1 for the right number of objects, less the more are missing or superfluous
   * @param shape how well the best matching objects have the asked shapes
   * @param colour how well they have the asked colours, or one colour each if none was asked
   * @param relation 1 if they lie as asked, else 0; 1 if nothing was asked
   * @param miss what is seen other than asked, or null if nothing is
   */
  public record Verdict(
      double graded,
      double clean,
      double count,
      double shape,
      double colour,
      double relation,
      @Nullable Miss miss) {
    /** Whether exactly what was asked for is seen. */
    public boolean strict() {
      return miss == null;
    }

    /** Whether exactly the asked objects are seen, wherever they lie. */
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

  /** Whether two objects lie as asked. */
  static boolean holds(Relation relation, SeenShape first, SeenShape second) {
    return relation.distance(first.x(), first.y(), second.x(), second.y()) >= LEAST_DISTANCE;
  }
}
