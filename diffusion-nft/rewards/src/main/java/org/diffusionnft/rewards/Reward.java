package org.diffusionnft.rewards;

import java.util.List;
import java.util.function.ToDoubleBiFunction;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;

/** Scores images. One thread at a time calls it. */
public interface Reward extends AutoCloseable {

  /**
   * The scores of images; higher is better.
   *
   * @param images N images
   * @param prompts the prompt of each image, N
   * @return N finite numbers
   */
  float[] score(Images images, List<Prompt> prompts);

  /**
   * A reward that scores pictures one by one.
   *
   * @param score scores a picture for its prompt; higher is better
   */
  static Reward ofEach(ToDoubleBiFunction<Pixels, Prompt> score) {
    return (images, prompts) -> {
      float[] scores = new float[prompts.size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = (float) score.applyAsDouble(images.pixels(i), prompts.get(i));
      }
      return scores;
    };
  }

  /**
   * Checks, before any sampling, that pictures of a prompt can be scored: that it has the words or
   * metadata that the reward needs.
   *
   * @throws org.diffusionnft.tensor.InvalidInputException that says in one sentence what is missing
   */
  default void check(Prompt prompt) {}

  /** Frees its resources. */
  @Override
  default void close() {}
}
