package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.rewards.Prompt;

/**
 * Everything random in a run of the trainer. Each draw is addressed by where in the run it is used
 * and by nothing else, so that runs can be resumed anywhere, cut into other batches, or replayed
 * from a recording.
 */
public interface Randomness {

  /** The prompts of an epoch's images, in the order in which these are sampled. */
  List<Prompt> prompts(long epoch);

  /**
   * The noise that sampling starts from and draws on its way.
   *
   * @param firstImage number in the epoch of the first image of the batch
   * @param images number of images of the batch
   */
  Noise sampling(long epoch, int firstImage, int images);

  /**
   * The order in which a pass trains on an epoch's images.
   *
   * @param pass passes over images before this one: epochs times inner epochs
   * @return a permutation of the numbers below {@code images}
   */
  int[] imageOrder(long pass, int images);

  /**
   * The order in which an image is trained at its timesteps; the first few are used.
   *
   * @param place of the image in {@link #imageOrder}
   * @return a permutation of the numbers below {@code timesteps}
   */
  int[] timestepOrder(long pass, int place, int timesteps);

  /**
   * The noise that an image is mixed with.
   *
   * @param place of the image in {@link #imageOrder}
   * @param turn of the timestep in {@link #timestepOrder}
   * @param size of the image
   */
  float[] training(long pass, int place, int turn, int size);
}
