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

  /** Frees what it holds. */
  @Override
  default void close() {}
}
