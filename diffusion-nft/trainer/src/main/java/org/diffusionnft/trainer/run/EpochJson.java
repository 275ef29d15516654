package org.diffusionnft.trainer.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.weights.io.StrictJson;

/** An epoch as one line of {@code metrics.jsonl}. */
public final class EpochJson {
  private EpochJson() {}

  /**
   * All numbers of a report; epochs are counted from 1.
   *
   * @param stage that the epoch belongs to; empty if the run has none
   */
  public static String line(EpochReport report, String stage) {
    ObjectNode json = StrictJson.object();
    json.put("epoch", report.epoch() + 1);
    if (!stage.isEmpty()) {
      json.put("stage", stage);
    }
    json.put("steps", report.steps());
    json.put("reward", report.reward());
    ObjectNode components = json.putObject("rewards");
    report.components().forEach(components::put);
    json.put("top_reward", report.topReward());
    json.put("reward_std", report.rewardStd());
    json.put("zero_std_ratio", report.zeroStdRatio());
    json.put("prompts_seen", report.promptsSeen());
    json.put("loss", report.terms().totalLoss());
    json.put("policy_loss", report.terms().policyLoss());
    report.terms().referenceMse().ifPresent(mse -> json.put("reference_mse", mse));
    report.terms().oldReferenceMse().ifPresent(mse -> json.put("old_reference_mse", mse));
    json.put("old_deviation", report.terms().oldDeviation());
    json.put("x0_norm", report.terms().x0Norm());
    json.put("grad_norm", report.gradNorm());
    json.put("old_decay", report.oldDecay());
    json.put("sampling_seconds", report.sampling().seconds());
    json.put("training_seconds", report.training().seconds());
    json.put("sampling_processor_seconds", report.sampling().processorSeconds());
    json.put("training_processor_seconds", report.training().processorSeconds());
    return json.toString();
  }
}
