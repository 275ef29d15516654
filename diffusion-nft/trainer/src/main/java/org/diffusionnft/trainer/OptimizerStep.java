package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;

/**
 * The parts of one optimizer step: one descent for each of its batches at each of the batch's
 * turns, in this order.
 *
 * @param epoch from 0
 * @param step optimizer steps done before, in the whole run
 * @param pass pass over an epoch's images, counted over the whole run
 * @param firstBatch index of its first batch in the pass
 * @param batches number of its batches
 * @param turns number of timesteps that each image is trained at
 */
public record OptimizerStep(
    long epoch, long step, long pass, int firstBatch, int batches, int turns) {

  /**
   * A contiguous part of a step's descents.
   *
   * @param from the first descent
   * @param to one past the last
   */
  public record Share(int from, int to) {}

  /** How many descents there are. */
  public int descents() {
    return batches * turns;
  }

  /** The factor on each descent's gradient: the step's gradient is their mean. */
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
   * @param count divides the number of descents; the settings ensure this
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
