package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.rewards.Prompt;

/**
 * All random draws of a training run. Each draw is addressed only by where in the run it is used,
 * so runs can be resumed anywhere, split into other batches, or replayed from a recording.
 */
public interface Randomness {

  /** The prompts of an epoch's images, in sampling order. */
  List<Prompt> prompts(long epoch);

  /**
   * The initial noise of sampling and the noise drawn at its steps.
   *
   * @param firstImage index in the epoch of the batch's first image
   * @param images number of images in the batch
   */
  Noise sampling(long epoch, int firstImage, int images);

  /**
   * The order in which a pass trains on an epoch's images.
   *
   * @param pass number of earlier passes over images: epochs times inner epochs
   * @return a permutation of the numbers below {@code images}
   */
  int[] imageOrder(long pass, int images);

  /**
   * The order in which an image is trained at its timesteps; only the first few are used.
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
