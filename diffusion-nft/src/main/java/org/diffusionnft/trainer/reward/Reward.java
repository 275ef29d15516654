package org.diffusionnft.trainer.reward;

import java.util.List;

/** Scores images. One thread at a time calls it. */
public interface Reward extends AutoCloseable {

  /**
   * The scores of images, more being better.
   *
   * @param images N images
   * @param prompts what each was made for, N
   * @return N finite numbers
   */
  float[] score(Images images, List<Prompt> prompts);

  /** Frees what it holds. */
  @Override
  default void close() {}
}
