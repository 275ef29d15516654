package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.config.PromptSettings;

/**
 * Randomness derived from a seed: every purpose, epoch and image has its own Philox stream. An
 * epoch's prompts are all different and each is sampled {@code imagesPerPrompt} times. (The
 * reference code draws new prompts for each batch, so two batches of an epoch may share a prompt.)
 *
 * @param seed of the run
 * @param pool where prompts come from
 * @param settings how many prompts and images
 */
public record PhiloxRandomness(long seed, PromptPool pool, PromptSettings settings)
    implements Randomness {

  // The ordinals are part of every run's random numbers: add new purposes at the end.
  private enum Purpose {
    PROMPTS,
    SAMPLING,
    IMAGE_ORDER,
    TIMESTEP_ORDER,
    TRAINING
  }

  @Override
  public List<Prompt> prompts(long epoch) {
    List<Prompt> images = new ArrayList<>();
    Philox random = stream(Purpose.PROMPTS, epoch, 0);
    for (Prompt prompt : pool.draw(random.sequence(0), settings.promptsPerEpoch())) {
      images.addAll(Collections.nCopies(settings.imagesPerPrompt(), prompt));
    }
    return images;
  }

  @Override
  public Noise sampling(long epoch, int firstImage, int images) {
    long[] streams = new long[images];
    Arrays.setAll(streams, i -> address(Purpose.SAMPLING, epoch, firstImage + i));
    return Noise.philox(seed, streams);
  }

  @Override
  public int[] imageOrder(long pass, int images) {
    return Shuffle.of(stream(Purpose.IMAGE_ORDER, pass, 0).sequence(0), images);
  }

  @Override
  public int[] timestepOrder(long pass, int place, int timesteps) {
    return Shuffle.of(stream(Purpose.TIMESTEP_ORDER, pass, place).sequence(0), timesteps);
  }

  @Override
  public float[] training(long pass, int place, int turn, int size) {
    return stream(Purpose.TRAINING, pass, place).normals((long) turn * size, size);
  }

  private Philox stream(Purpose purpose, long time, int index) {
    return new Philox(seed, address(purpose, time, index));
  }

  /** Eight bits for the purpose, 32 for the epoch or pass, 24 for the image. */
  private static long address(Purpose purpose, long time, int index) {
    if (time < 0 || time >= 1L << 32 || index < 0 || index >= 1 << 24) {
      throw new InvalidInputException(
          "there is no stream of random numbers for image " + index + " of epoch " + time);
    }
    return ((long) purpose.ordinal() << 56) | (time << 24) | index;
  }
}
