package org.diffusionnft.studies.course;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.LossBranches;
import org.diffusionnft.trainer.nft.LossWeighting;
import org.diffusionnft.trainer.nft.NftLoss;
import org.diffusionnft.trainer.nft.PromptStatistics;
import org.diffusionnft.weights.io.StrictJson;

/**
 * What the trainer's loss learns from samples, compared with the theorem, and how rewards are
 * transformed.
 */
final class UpdateFigure {
  static final double LEVEL = 0.6;
  static final List<Integer> COUNTS = List.of(1500, 3000, 6000, 12_000);
  static final List<Double> BETAS = List.of(2.0, 1.0, 0.5, 0.25);
  private static final int GROUP = 4;

  private UpdateFigure() {}

  static ObjectNode json(ToyWorld world) {
    ObjectNode json = StrictJson.object();
    Packed.list(json, "counts", COUNTS);
    Packed.list(json, "betas", BETAS);
    List<Vector2> images = Chapter.solver(40).images(Fields.old(world), COUNTS.getLast());
    ObjectNode learned = json.putObject("learned");
    for (int count : COUNTS) {
      for (double beta : BETAS) {
        for (LossWeighting weighting :
            List.of(LossWeighting.UNIFORM, LossWeighting.SELF_NORMALIZED)) {
          for (LossBranches branches : List.of(LossBranches.BOTH, LossBranches.POSITIVE)) {
            String name = "%d %s %s %s".formatted(count, Packed.key(beta), weighting, branches);
            NftLoss loss = new NftLoss(beta, 0, 1, AdvantageMode.ALL, branches, weighting);
            put(learned.putObject(name), world, images.subList(0, count), loss);
          }
        }
      }
    }
    ObjectNode groups = json.putObject("groups");
    for (int clip : List.of(1, 5)) {
      ArrayNode all = groups.putArray(Integer.toString(clip));
      for (int right = 0; right < 1 << GROUP; right++) {
        Packed.rounded(all.addArray(), optimalities(right, clip));
      }
    }
    return json;
  }

  private static void put(ObjectNode node, ToyWorld world, List<Vector2> images, NftLoss loss) {
    List<Vector2> centres = new ArrayList<>();
    List<Vector2> found = new ArrayList<>();
    List<Vector2> exact = new ArrayList<>();
    double error = 0;
    double size = 0;
    double dot = 0;
    double length = 0;
    for (SampledUpdate.Cell cell : SampledUpdate.learn(world, images, LEVEL, loss)) {
      Vector2 change = cell.learned().minus(cell.old());
      Vector2 formula = least(world.at(cell.centre(), LEVEL), loss);
      centres.add(cell.centre());
      found.add(change);
      exact.add(formula);
      error += change.minus(formula).length();
      size += formula.length();
      dot += change.x() * formula.x() + change.y() * formula.y();
      length += change.length() * formula.length();
    }
    node.put("centres", Packed.vectors(centres))
        .put("found", Packed.vectors(found))
        .put("exact", Packed.vectors(exact))
        .put("error", Packed.rounded(error / size))
        .put("cosine", Packed.rounded(dot / length));
  }

  /** The offset from {@code v_old} that minimises the loss with uniform weights. */
  private static Vector2 least(ToyWorld.At at, NftLoss loss) {
    return loss.branches() == LossBranches.BOTH
        ? at.direction().times(2 / loss.guidanceBeta())
        : at.positive().minus(at.old()).times(1 / loss.guidanceBeta());
  }

  /**
   * The optimalities of one prompt's images.
   *
   * @param right a bit for each image
   */
  static double[] optimalities(int right, double clip) {
    float[][] rewards = new float[GROUP][];
    for (int i = 0; i < GROUP; i++) {
      rewards[i] = new float[] {right >> i & 1};
    }
    double[][] advantages =
        PromptStatistics.of(Collections.nCopies(GROUP, "a prompt"), rewards)
            .advantages(PromptStatistics.Spread.PER_PROMPT);
    double[] r = new double[GROUP];
    for (int i = 0; i < GROUP; i++) {
      r[i] = AdvantageMode.ALL.optimality(advantages[i][0], clip);
    }
    return r;
  }
}
