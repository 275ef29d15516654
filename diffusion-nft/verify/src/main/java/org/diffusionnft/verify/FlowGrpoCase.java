package org.diffusionnft.verify;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.models.sampling.GuidedSampler;
import org.diffusionnft.models.sampling.MmditVelocity;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.models.sampling.Sampler;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.grpo.GrpoDescent;
import org.diffusionnft.trainer.grpo.GrpoLoss;
import org.diffusionnft.trainer.grpo.GrpoTerms;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * One update of Flow-GRPO: trajectories sampled with recorded noise and their densities, then the
 * loss at each trained step, the gradient summed over them, and the adapter after one step of
 * AdamW.
 */
final class FlowGrpoCase implements CaseKind {
  private static final String ADAPTER = "base_model.model.";

  @Override
  public String name() {
    return "flow_grpo";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.hasInput("z_init") && folder.hasInput("noise") && folder.expects("ratio");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    MmditConfig config = TransformerInputs.config(folder);
    CaseConfig hyper = folder.config().get("hyper");
    AdapterConfig adapters =
        new AdapterConfig(hyper.integer("r"), hyper.number("alpha"), AdapterConfig.JOINT_ATTENTION);
    try (MmditCheckpoint checkpoint =
            MmditCheckpoint.open(folder.path().resolve("weights.safetensors"), config);
        Mmdit model = Mmdit.load(config, checkpoint.weights(device));
        Adapter old =
            RecordedAdapter.read(folder, "lora_old." + ADAPTER, adapters, config, false, device);
        Adapter policy =
            RecordedAdapter.read(folder, "lora_new." + ADAPTER, adapters, config, true, device)) {
      new Update(folder, hyper, model, checks).run(old, policy);
    }
  }

  /** The update of one case. */
  private static final class Update {
    private final CaseFolder folder;
    private final CaseConfig hyper;
    private final Mmdit model;
    private final Device device;
    private final Checks checks;
    private final float[] sigmas;
    private final FlowSolver solver;
    private final Guidance guidance;
    private final Conditioning prompts;
    private final Conditioning empty;

    Update(CaseFolder folder, CaseConfig hyper, Mmdit model, Checks checks)
        throws InvalidFileException {
      this.folder = folder;
      this.hyper = hyper;
      this.model = model;
      this.device = model.device();
      this.checks = checks;
      this.sigmas = folder.floats(folder.inputs(), "sigmas");
      this.solver = new FlowSolver(hyper.number("noise_level"));
      this.guidance = hyper.flag("cfg") ? new Guidance(hyper.number("guidance")) : Guidance.NONE;
      this.prompts =
          Conditioning.of(
              folder.input("prompt_embeds", device), folder.input("pooled_prompt_embeds", device));
      this.empty =
          Conditioning.of(
              repeated("negative_prompt_embeds"), repeated("negative_pooled_prompt_embeds"));
    }

    private Tensor repeated(String name) throws InvalidFileException {
      Tensor one = folder.input(name, device);
      int batch = hyper.integer("batch");
      Tensor rows = Layout.gather(one.reshape(1, -1), Tensor.of(device, new long[batch], batch));
      return rows.reshape(one.shape().with(0, batch));
    }

    void run(Adapter old, Adapter policy) throws InvalidFileException {
      Sampler.Trajectory trajectory = sample(old);
      int steps = sigmas.length - 1;
      List<float[]> latents = trajectory.latents().stream().map(Tensor::toFloats).toList();
      List<float[]> logProbs = new ArrayList<>();
      for (@Nullable Tensor row : trajectory.logProbs()) {
        logProbs.add(row == null ? new float[0] : row.toFloats());
      }
      int batch = hyper.integer("batch");
      checks.values("sample.latents", bySample(latents, batch));
      checks.values("sample.log_probs", bySample(logProbs, batch));

      double[] advantages = folder.doubles(folder.inputs(), "advantages");
      int trained = folder.config().integer("train_timesteps");
      List<GrpoLoss.Outcome> outcomes = new ArrayList<>();
      List<GaussianStep> distributions = new ArrayList<>();
      try (Gradients gradients = new Gradients(policy.parameters())) {
        for (int j = 0; j < trained; j++) {
          GaussianStep[] each = new GaussianStep[batch];
          Arrays.fill(each, solver.gaussian(sigmas, j));
          double[] a = new double[batch];
          for (int b = 0; b < batch; b++) {
            a[b] = advantages[b * steps + j];
          }
          GrpoLoss.Sampled sampled =
              new GrpoLoss.Sampled(latents.get(j), latents.get(j + 1), logProbs.get(j), each, a);
          outcomes.add(descend(policy, sampled, j, 1.0 / trained, gradients));
          distributions.add(each[0]);
        }
        compare(outcomes, distributions, batch);
        update(policy, gradients);
      }
    }

    private Sampler.Trajectory sample(Adapter old) throws InvalidFileException {
      ForwardPass pass = ForwardPass.with(old);
      Tensor recorded = folder.input("noise", device);
      Noise noise = (_, step, shape) -> recorded.narrow(step, 1).reshape(shape);
      return new GuidedSampler(solver, sigmas, guidance)
          .batch(
              prompt -> new MmditVelocity(model, prompt, pass, Timesteps.EXACT),
              prompts,
              () -> empty)
          .trajectory(folder.input("z_init", device), noise);
    }

    private GrpoLoss.Outcome descend(
        Adapter policy, GrpoLoss.Sampled sampled, int j, double share, Gradients gradients)
        throws InvalidFileException {
      GrpoLoss loss =
          new GrpoLoss(
              hyper.number("clip_range"), hyper.number("beta"), hyper.number("adv_clip_max"));
      float[] timesteps = new float[sampled.advantages().length];
      Arrays.fill(timesteps, sigmas[j] * FlowMatchSchedule.TRAIN_TIMESTEPS);
      Shape shape = folder.inputs().shape("z_init");
      return new GrpoDescent(model, loss, guidance)
          .descend(
              new GrpoDescent.Place(timesteps, shape, prompts, empty),
              sampled,
              ForwardPass.with(policy),
              share,
              gradients);
    }

    private void compare(
        List<GrpoLoss.Outcome> outcomes, List<GaussianStep> distributions, int batch)
        throws InvalidFileException {
      checks.values("log_prob", joined(outcomes.stream().map(GrpoLoss.Outcome::logProb).toList()));
      checks.values("ratio", joined(outcomes.stream().map(GrpoLoss.Outcome::ratio).toList()));
      checks.values(
          "prev_sample_mean", joined(outcomes.stream().map(GrpoLoss.Outcome::mean).toList()));
      List<float[]> references = new ArrayList<>();
      for (GrpoLoss.Outcome outcome : outcomes) {
        if (outcome.referenceMean() != null) {
          references.add(outcome.referenceMean());
        }
      }
      if (!references.isEmpty()) {
        checks.values("prev_sample_mean_ref", joined(references));
        log("kl_loss", outcomes, GrpoTerms::kl);
      }
      checks.values(
          "std_dev_t",
          distributions.stream()
              .flatMapToDouble(d -> Arrays.stream(repeat(d.diffusion(), batch)))
              .toArray());
      log("loss", outcomes, GrpoTerms::loss);
      log("policy_loss", outcomes, GrpoTerms::policyLoss);
      log("approx_kl", outcomes, GrpoTerms::approxKl);
      log("clipfrac", outcomes, GrpoTerms::clipFraction);
      log("clipfrac_gt_one", outcomes, GrpoTerms::clipFractionAbove);
      log("clipfrac_lt_one", outcomes, GrpoTerms::clipFractionBelow);
    }

    private void log(String name, List<GrpoLoss.Outcome> outcomes, ToDoubleFunction<GrpoTerms> term)
        throws InvalidFileException {
      double[] values = outcomes.stream().mapToDouble(o -> term.applyAsDouble(o.terms())).toArray();
      checks.values("log." + name, values);
    }

    private void update(Adapter policy, Gradients gradients) throws InvalidFileException {
      for (Map.Entry<String, Variable> e : policy.named().entrySet()) {
        checks.tensor("grad." + ADAPTER + e.getKey(), gradients.of(e.getValue()));
      }
      double norm = gradients.norm();
      checks.values("grad_norm", norm);
      AdamW.Settings settings = new AdamW.Settings(hyper.number("lr"), 0.9, 0.999, 1e-8, 1e-4);
      try (AdamW optimizer = new AdamW(policy.parameters(), settings)) {
        optimizer.step(gradients, Gradients.clipFactor(norm, hyper.number("max_grad_norm")));
      }
      for (Map.Entry<String, Variable> e : policy.named().entrySet()) {
        checks.tensor("updated." + ADAPTER + e.getKey(), e.getValue().value());
      }
    }

    /** From {@code [T][B, N]} to {@code [B, T, N]}. */
    private static double[] bySample(List<float[]> byStep, int batch) {
      int size = byStep.getFirst().length / batch;
      double[] out = new double[byStep.size() * batch * size];
      int next = 0;
      for (int b = 0; b < batch; b++) {
        for (float[] step : byStep) {
          for (int i = b * size; i < (b + 1) * size; i++) {
            out[next++] = step[i];
          }
        }
      }
      return out;
    }

    private static double[] joined(List<float[]> rows) {
      return rows.stream()
          .flatMapToDouble(
              row -> java.util.stream.IntStream.range(0, row.length).mapToDouble(i -> row[i]))
          .toArray();
    }

    private static double[] repeat(double value, int times) {
      double[] out = new double[times];
      Arrays.fill(out, value);
      return out;
    }
  }
}
