package org.diffusionnft.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.NftTrainer;
import org.diffusionnft.trainer.Rollout;
import org.diffusionnft.trainer.StepReport;
import org.diffusionnft.trainer.TrainedBatch;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.nft.LossTerms;
import org.diffusionnft.trainer.nft.NftLoss;
import org.jspecify.annotations.Nullable;

/** Records a run's values under the names of the recorded run's expected tensors. */
final class TraceRecorder implements TrainingListener {
  private static final String PREFIX = "base_model.model.";

  private final NftTrainer trainer;
  private final RecordedRun run;
  private final float[] timesteps;
  private final int turns;
  private final int passes;
  private final long firstStep;
  private final Map<String, List<double[]>> outputs = new LinkedHashMap<>();

  /**
   * A recorder.
   *
   * @param timesteps of the sampling schedule
   * @param turns number of timesteps that each image is trained at
   * @param passes number of passes over an epoch's images
   */
  TraceRecorder(NftTrainer trainer, RecordedRun run, float[] timesteps, int turns, int passes) {
    this.trainer = trainer;
    this.run = run;
    this.timesteps = timesteps;
    this.turns = turns;
    this.passes = passes;
    this.firstStep = trainer.step();
  }

  /** All numbers recorded under each name. */
  Map<String, double[]> outputs() {
    Map<String, double[]> joined = new LinkedHashMap<>();
    outputs.forEach(
        (name, parts) ->
            joined.put(name, parts.stream().flatMapToDouble(Arrays::stream).toArray()));
    return joined;
  }

  @Override
  public void scored(Rollout rollout, double[][] advantages) {
    String epoch = "epoch" + rollout.epoch() + ".";
    for (int image = 0; image < rollout.images(); image++) {
      note(epoch + "latents_clean", rollout.latents(image));
    }
    note(epoch + "rewards", rollout.scores().total());
    for (double[] row : advantages) {
      note(epoch + "advantages", row);
    }
    for (int place = 0; place < rollout.images(); place++) {
      for (int step : run.timestepOrder(rollout.epoch() * passes, place, timesteps.length)) {
        note(epoch + "shuffled_timesteps", timesteps[step]);
      }
    }
  }

  @Override
  public void trained(long epoch, int done, int of, @Nullable TrainedBatch batch) {
    Objects.requireNonNull(batch, "recorded runs are of DiffusionNFT");
    NftLoss.Batch in = batch.loss();
    NftLoss.SampleTerms samples = batch.outcome().samples();
    int batchNumber = (done - 1) / turns;
    int turn = (done - 1) % turns;
    String detail = "detail.epoch%d.batch%d.t%d.".formatted(epoch, batchNumber, turn);
    note(detail + "timesteps", batch.timesteps());
    note(detail + "t", in.t());
    note(detail + "xt", in.xt());
    note(detail + "old_prediction", in.old());
    note(detail + "forward_prediction", in.forward());
    float[] reference = in.reference();
    if (reference != null) {
      note(detail + "ref_forward_prediction", reference);
    }
    note(detail + "r", samples.r());
    note(detail + "positive_loss", samples.positiveLoss());
    note(detail + "negative_loss", samples.negativeLoss());
    note(detail + "ori_policy_loss", samples.policyLoss());
    losses(batch.outcome().terms());
  }

  private void losses(LossTerms terms) {
    note("losses.policy_loss", terms.totalLoss()); // the reference code adds the base's term to it
    note("losses.total_loss", terms.totalLoss());
    note("losses.unweighted_policy_loss", terms.unweightedPolicyLoss());
    note("losses.kl_div", terms.referenceMse().orElse(Double.NaN));
    note("losses.kl_div_loss", terms.referenceMse().orElse(Double.NaN));
    note("losses.old_kl_div", terms.oldReferenceMse().orElse(Double.NaN));
    note("losses.old_deviate", terms.oldDeviation());
    note("losses.old_deviate_max", terms.oldDeviationMax());
    note("losses.x0_norm", terms.x0Norm());
    note("losses.x0_norm_max", terms.x0NormMax());
  }

  @Override
  public void gradients(long step, Gradients gradients) {
    if (step == firstStep) {
      trainer
          .policy()
          .named()
          .forEach(
              (name, matrix) ->
                  note("first_step.grad." + PREFIX + name, gradients.of(matrix).toDoubles()));
    }
  }

  @Override
  public void stepped(StepReport report) {
    note("losses.grad_norm", report.gradNorm());
  }

  @Override
  public void epochDone(EpochReport report) {
    note("epoch_info.global_step", (double) report.steps());
    note("epoch_info.decay", report.oldDecay());
    String epoch = "epoch" + report.epoch() + ".";
    matrices(epoch + "default.", values(trainer.policy().parameters()));
    matrices(epoch + "old.", values(trainer.old().parameters()));
    Ema ema = trainer.ema();
    if (ema != null) {
      matrices(epoch + "ema.", ema.averages());
    }
  }

  private void matrices(String prefix, List<Tensor> values) {
    List<String> names = List.copyOf(trainer.policy().named().keySet());
    for (int i = 0; i < names.size(); i++) {
      note(prefix + PREFIX + names.get(i), values.get(i).toDoubles());
    }
  }

  private static List<Tensor> values(List<Variable> parameters) {
    return parameters.stream().map(Variable::value).toList();
  }

  private void note(String name, double... values) {
    outputs.computeIfAbsent(name, _ -> new ArrayList<>()).add(values);
  }

  private void note(String name, float[] values) {
    note(name, IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
  }
}
