package org.diffusionnft.trainer.evaluation;

import java.io.IOException;
import org.diffusionnft.models.adapter.Adapter;

/** Looks at how good a policy is, on prompts it is not trained on. */
@FunctionalInterface
public interface Evaluator {
  /**
   * Evaluates a policy.
   *
   * @param adapter of the policy
   * @throws IOException if a file that is needed cannot be read
   */
  Evaluation evaluate(Adapter adapter) throws IOException;
}
