package org.diffusionnft.trainer;

import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.trainer.nft.LossTerms;
import org.diffusionnft.trainer.nft.PromptStatistics;

/**
 * One epoch at a glance: is the policy learning, stuck, or hacking the reward?
 *
 * @param epoch index of the epoch, from 0
 * @param steps optimizer steps since the start of the run
 * @param reward mean of the weighted sum of rewards
 * @param components mean of each reward
 * @param topReward mean over prompts of the best quarter of their images
 * @param rewardStd mean over prompts of the standard deviation of their rewards
 * @param zeroStdRatio fraction of prompts whose images all got the same reward and so give no
 *     training signal
 * @param groupSize images per prompt
 * @param promptsSeen number of distinct prompts since the start of the run
 * @param terms means of the loss terms; {@code oldDeviation} and {@code referenceMse} are the
 *     policy's distances to the policy that sampled and to the base
 * @param gradNorm mean norm of the gradient before it was clipped
 * @param oldDecay decay of the old policy's update at the end of the epoch
 * @param sampling time spent on sampling, rewards included
 * @param training time spent on training
 */
public record EpochReport(
    long epoch,
    long steps,
    double reward,
    SequencedMap<String, Double> components,
    double topReward,
    double rewardStd,
    double zeroStdRatio,
    double groupSize,
    int promptsSeen,
    LossTerms terms,
    double gradNorm,
    double oldDecay,
    PhaseTime sampling,
    PhaseTime training) {

  static EpochReport of(
      Rollout rollout,
      PromptStatistics statistics,
      List<StepReport> stepReports,
      long steps,
      int promptsSeen,
      double oldDecay,
      PhaseTime sampling,
      PhaseTime training) {
    return new EpochReport(
        rollout.epoch(),
        steps,
        rollout.scores().mean(),
        rollout.scores().means(),
        statistics.meanOfTop(25),
        statistics.rewardStdMean(),
        statistics.zeroStdRatio(),
        statistics.groupSize(),
        promptsSeen,
        LossTerms.mean(stepReports.stream().map(StepReport::terms).toList()),
        stepReports.stream().mapToDouble(StepReport::gradNorm).average().orElse(0),
        oldDecay,
        sampling,
        training);
  }
}
