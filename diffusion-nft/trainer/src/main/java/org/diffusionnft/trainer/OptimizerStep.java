package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;

/**
 * What one optimizer step is made of: a descent for each of its batches at each of a batch's turns,
 * in this order.
 *
 * @param epoch from 0
 * @param step optimizer steps done before, in the whole run
 * @param pass over an epoch's images, counted over the whole run
 * @param firstBatch number of its first batch in the pass
 * @param batches how many it has
 * @param turns timesteps that each image is trained at
 */
public record OptimizerStep(
    long epoch, long step, long pass, int firstBatch, int batches, int turns) {

  /**
   * A contiguous part of a step's descents.
   *
   * @param from the first
   * @param to the one after the last
   */
  public record Share(int from, int to) {}

  /** How many descents there are. */
  public int descents() {
    return batches * turns;
  }

  /** The factor on each descent's gradient: the step's is their mean. */
  double weight() {
    return 1.0 / descents();
  }

  /** The batch of a descent. */
  int batch(int descent) {
    return firstBatch + descent / turns;
  }

  /** The turn of a descent. */
  int turn(int descent) {
    return descent % turns;
  }

  /**
   * Cuts the step into equal shares.
   *
   * @param count divides the number of descents, as the settings have been checked to do
   */
  public List<Share> shares(int count) {
    int size = descents() / count;
    List<Share> shares = new ArrayList<>();
    for (int from = 0; from < descents(); from += size) {
      shares.add(new Share(from, from + size));
    }
    return shares;
  }
}
