package org.diffusionnft.studies.course;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.LossBranches;
import org.diffusionnft.trainer.nft.LossWeighting;
import org.diffusionnft.trainer.nft.NftLoss;

/**
 * DiffusionNFT without a network: images are noised to one level, binned into cells of the plane,
 * and the velocity of each cell is learned by gradient descent on {@link NftLoss}.
 */
final class SampledUpdate {
  private static final double CELL = 0.36;
  private static final int LEAST = 30;

  private SampledUpdate() {}

  /**
   * The result of a cell.
   *
   * @param centre of the cell
   * @param old mean velocity of the old policy at the cell's points
   * @param learned the velocity that minimises the loss
   */
  record Cell(Vector2 centre, Vector2 old, Vector2 learned) {}

  /** Learns from images; cells with few points are left out. */
  static List<Cell> learn(
      ToyWorld world, List<Vector2> images, double t, double beta, LossWeighting weighting) {
    return learn(
        world, images, t, new NftLoss(beta, 0, 1, AdvantageMode.ALL, LossBranches.BOTH, weighting));
  }

  /**
   * Learns from images with any variant of the loss.
   *
   * @param loss with {@code advClipMax} 1
   */
  static List<Cell> learn(ToyWorld world, List<Vector2> images, double t, NftLoss loss) {
    Map<List<Long>, List<Integer>> cells = new HashMap<>();
    Vector2[] noised = new Vector2[images.size()];
    for (int i = 0; i < noised.length; i++) {
      float[] noise = new Philox(9, i).normals(0, 2);
      noised[i] = images.get(i).times(1 - t).plus(new Vector2(t * noise[0], t * noise[1]));
      List<Long> key = List.of(Math.round(noised[i].x() / CELL), Math.round(noised[i].y() / CELL));
      cells.computeIfAbsent(key, _ -> new ArrayList<>()).add(i);
    }
    List<Cell> learned = new ArrayList<>();
    cells.forEach(
        (key, members) -> {
          if (members.size() >= LEAST) {
            Vector2 centre = new Vector2(CELL * key.get(0), CELL * key.get(1));
            learned.add(descend(world, images, noised, members, centre, t, loss));
          }
        });
    return learned;
  }

  private static Cell descend(
      ToyWorld world,
      List<Vector2> images,
      Vector2[] noised,
      List<Integer> members,
      Vector2 centre,
      double t,
      NftLoss loss) {
    int n = members.size();
    float[] x0 = new float[2 * n];
    float[] xt = new float[2 * n];
    float[] old = new float[2 * n];
    float[] levels = new float[n];
    double[] advantages = new double[n];
    Vector2 mean = Vector2.ZERO;
    for (int b = 0; b < n; b++) {
      Vector2 image = images.get(members.get(b));
      Vector2 point = noised[members.get(b)];
      Vector2 v = world.at(point, t).old();
      mean = mean.plus(v.times(1.0 / n));
      put(x0, b, image);
      put(xt, b, point);
      put(old, b, v);
      levels[b] = (float) t;
      advantages[b] = 2 * world.r(image) - 1; // with advClipMax 1 the optimality is r
    }
    // One arrow is learned per cell: how far its points move from v_old.
    Vector2 change = Vector2.ZERO;
    double rate = 0.5 / loss.guidanceBeta();
    for (int step = 0; step < 60; step++) {
      float[] forward = old.clone();
      for (int b = 0; b < n; b++) {
        forward[2 * b] += (float) change.x();
        forward[2 * b + 1] += (float) change.y();
      }
      float[] gradient =
          loss.evaluate(new NftLoss.Batch(forward, old, x0, xt, levels, advantages)).gradient();
      Vector2 sum = Vector2.ZERO;
      for (int b = 0; b < n; b++) {
        sum = sum.plus(new Vector2(gradient[2 * b], gradient[2 * b + 1]));
      }
      change = change.minus(sum.times(rate));
    }
    return new Cell(centre, mean, mean.plus(change));
  }

  private static void put(float[] values, int b, Vector2 v) {
    values[2 * b] = (float) v.x();
    values[2 * b + 1] = (float) v.y();
  }
}
