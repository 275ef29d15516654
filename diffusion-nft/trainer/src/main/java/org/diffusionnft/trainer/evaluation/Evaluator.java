package org.diffusionnft.trainer.evaluation;

import java.io.IOException;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.trainer.Stop;

/** Looks at how good a policy is, on prompts it is not trained on. */
@FunctionalInterface
public interface Evaluator {
  /**
   * Evaluates a policy.
   *
   * @param adapter of the policy
   * @param stop is looked at now and then
   * @throws org.diffusionnft.trainer.StoppedException if that is asked
   * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
   * @throws IOException if a file that is needed cannot be read
   */
  Evaluation evaluate(Adapter adapter, Stop stop) throws IOException;
}
