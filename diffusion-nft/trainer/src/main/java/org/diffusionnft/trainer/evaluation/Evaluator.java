package org.diffusionnft.trainer.evaluation;

import java.util.List;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.trainer.Crew;
import org.diffusionnft.trainer.Gallery;
import org.diffusionnft.trainer.HeldOutPictures;
import org.diffusionnft.trainer.Stop;

/** Measures how good a policy is on held-out prompts. */
public interface Evaluator extends HeldOutPictures {
  /** The held-out prompts, one picture of each. */
  List<Prompt> prompts();

  /** Evaluates the policy that made these pictures. */
  Evaluation report(Gallery pictures);

  /**
   * Evaluates a policy.
   *
   * @param adapter of the policy
   * @param crew makes the pictures
   * @param stop is polled now and then
   * @throws org.diffusionnft.trainer.StoppedException if a stop is requested
   * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
   */
  default Evaluation evaluate(Adapter adapter, Crew crew, Stop stop) {
    return report(crew.evaluate(this, adapter, prompts(), stop));
  }
}
