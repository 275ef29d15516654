package org.diffusionnft.rewards;

import java.util.List;
import org.diffusionnft.images.Images;

/** Scores images. One thread at a time calls it. */
public interface Reward extends AutoCloseable {

  /**
   * The scores of images; higher is better.
   *
   * @param images N images
   * @param prompts what each was made for, N
   * @return N finite numbers
   */
  float[] score(Images images, List<Prompt> prompts);

  /**
   * Checks, before anything is sampled, that pictures of a prompt can be scored: that it has the
   * words or the metadata that the reward goes by.
   *
   * @throws org.diffusionnft.tensor.InvalidInputException that says in one sentence what is missing
   */
  default void check(Prompt prompt) {}

  /** Frees what it holds. */
  @Override
  default void close() {}
}
