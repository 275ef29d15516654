package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.rewards.Prompt;

/**
 * Images that are sampled at once.
 *
 * @param first number of the first
 * @param prompts of each
 */
record Batch(int first, List<Prompt> prompts) {
  /** All prompts in batches of one size, the last of which may be smaller. */
  static List<Batch> cut(List<Prompt> prompts, int size) {
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < prompts.size(); first += size) {
      int last = Math.min(first + size, prompts.size());
      batches.add(new Batch(first, prompts.subList(first, last)));
    }
    return batches;
  }
}
