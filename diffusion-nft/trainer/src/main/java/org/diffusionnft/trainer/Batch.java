package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.rewards.Prompt;

/**
 * Images that are sampled together.
 *
 * @param first index of the first image
 * @param prompts one per image
 */
record Batch(int first, List<Prompt> prompts) {
  /** Splits all prompts into batches of equal size; the last one may be smaller. */
  static List<Batch> cut(List<Prompt> prompts, int size) {
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < prompts.size(); first += size) {
      int last = Math.min(first + size, prompts.size());
      batches.add(new Batch(first, prompts.subList(first, last)));
    }
    return batches;
  }
}
