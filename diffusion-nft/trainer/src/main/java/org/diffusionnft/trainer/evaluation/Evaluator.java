package org.diffusionnft.trainer.evaluation;

import java.util.List;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.trainer.Crew;
import org.diffusionnft.trainer.Gallery;
import org.diffusionnft.trainer.HeldOutPictures;
import org.diffusionnft.trainer.Stop;

/** Looks at how good a policy is, on prompts it is not trained on. */
public interface Evaluator extends HeldOutPictures {
  /** The held-out prompts, one picture of each. */
  List<Prompt> prompts();

  /** What the pictures say of the policy that made them. */
  Evaluation report(Gallery pictures);

  /**
   * Evaluates a policy.
   *
   * @param adapter of the policy
   * @param crew who makes the pictures
   * @param stop is looked at now and then
   * @throws org.diffusionnft.trainer.StoppedException if that is asked
   * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
   */
  default Evaluation evaluate(Adapter adapter, Crew crew, Stop stop) {
    return report(crew.evaluate(this, adapter, prompts(), stop));
  }
}
