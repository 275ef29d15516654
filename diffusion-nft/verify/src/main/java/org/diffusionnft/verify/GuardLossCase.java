package org.diffusionnft.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.grpo.GrpoLoss;
import org.diffusionnft.trainer.grpo.GrpoTerms;
import org.diffusionnft.trainer.grpo.GuardLoss;
import org.diffusionnft.trainer.objective.Bounds;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * GRPO-Guard: every term of the loss and its gradient, for the authors' code, as it is and as they
 * say it was intended, and for Flow-Factory's.
 */
final class GuardLossCase implements CaseKind {
  @Override
  public String name() {
    return "grpo_guard_loss";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("variants")
        && folder.inputs().names().stream().anyMatch(n -> n.endsWith(".old_prev_sample_mean"));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (CaseConfig variant : folder.config().list("variants")) {
      new Variant(folder, variant, checks).verify();
    }
  }

  /** One configuration of the loss. */
  private static final class Variant {
    private final CaseFolder folder;
    private final CaseConfig variant;
    private final Checks checks;
    private final String id;
    private final String inputs;
    private final boolean flowFactory;

    Variant(CaseFolder folder, CaseConfig variant, Checks checks) throws InvalidFileException {
      this.folder = folder;
      this.variant = variant;
      this.checks = checks;
      this.id = variant.text("id") + ".";
      this.inputs = variant.text("inputs") + ".";
      this.flowFactory = variant.text("impl").equals("flow_factory");
    }

    void verify() throws InvalidFileException {
      GuardLoss loss = flowFactory ? flowFactoryLoss() : authorsLoss();
      GaussianStep step = step();
      double[] advantages = folder.doubles(folder.inputs(), inputs + "advantages");
      GaussianStep[] steps = new GaussianStep[advantages.length];
      Arrays.fill(steps, step);
      boolean guided = !flowFactory && variant.flag("cfg");
      double scale = guided ? variant.number("guidance_scale") : 1;
      GrpoLoss.Sampled sampled =
          new GrpoLoss.Sampled(
              input("latents"),
              input("next_latents"),
              input("old_log_probs"),
              steps,
              advantages,
              input("old_prev_sample_mean"));
      float @Nullable [] reference =
          loss.klWeight() > 0 ? prediction("ref_prediction", guided, scale) : null;
      GuardLoss.Guarded guarded =
          loss.guarded(sampled, prediction("prediction", guided, scale), reference);
      Map<String, double[]> outputs =
          flowFactory
              ? flowFactoryOutputs(loss, guarded, step, sampled)
              : authorsOutputs(loss, guarded, step);
      float[] gradient = guarded.outcome().gradient();
      outputs.put("grad.prediction", Doubles.times(gradient, scale));
      outputs.put("grad.uncond_prediction", Doubles.times(gradient, 1 - scale));
      outputs.put("prev_sample_mean", Doubles.of(guarded.outcome().mean()));
      outputs.put("log_prob", Doubles.of(guarded.outcome().logProb()));
      outputs.put("ratio", Doubles.of(guarded.outcome().ratio()));
      outputs.put("std_dev_t", filled(step.diffusion(), advantages.length));
      outputs.put("loss", new double[] {guarded.outcome().terms().loss()});
      outputs.put("log.loss", new double[] {guarded.outcome().terms().loss()});
      for (Map.Entry<String, double[]> e : outputs.entrySet()) {
        if (folder.expects(id + e.getKey())) {
          checks.values(id + e.getKey(), e.getValue());
        }
      }
    }

    private GuardLoss authorsLoss() throws InvalidFileException {
      GuardLoss.Bias bias =
          switch (variant.text("impl")) {
            case "authors" -> GuardLoss.Bias.BATCH;
            case "authors_issue244" -> GuardLoss.Bias.SAMPLE;
            default ->
                throw new InvalidFileException(
                    variant.file(), "has the unknown impl '" + variant.text("impl") + "'");
          };
      return new GuardLoss(
          Bounds.aroundOne(variant.number("clip_range")),
          Bounds.within(variant.number("adv_clip_max")),
          bias,
          true,
          GuardLoss.Pull.STEP,
          variant.number("beta"));
    }

    private GuardLoss flowFactoryLoss() throws InvalidFileException {
      double[] clip = variant.numbers("clip_range");
      double[] advantages = variant.numbers("adv_clip_range");
      GuardLoss.Pull pull =
          switch (variant.text("kl_type")) {
            case "v-based" -> GuardLoss.Pull.VELOCITY;
            case "x-based" -> GuardLoss.Pull.MEAN;
            default ->
                throw new InvalidFileException(
                    variant.file(), "has the unknown kl_type '" + variant.text("kl_type") + "'");
          };
      return new GuardLoss(
          new Bounds(1 + clip[0], 1 + clip[1]),
          new Bounds(advantages[0], advantages[1]),
          GuardLoss.Bias.SAMPLE,
          false,
          pull,
          variant.number("kl_beta"));
    }

    /** The trained step; Flow-Factory identifies it by its timesteps alone. */
    private GaussianStep step() throws InvalidFileException {
      int steps = variant.integer("steps");
      int j = variant.integer("j");
      float[] sigmas = folder.floats(folder.inputs(), "sigmas_" + steps);
      if (flowFactory) {
        float[] timesteps = folder.floats(folder.inputs(), "timesteps_" + steps);
        sigmas = new float[timesteps.length + 1];
        for (int i = 0; i < timesteps.length; i++) {
          sigmas[i] = timesteps[i] / FlowMatchSchedule.TRAIN_TIMESTEPS;
        }
      }
      if (j < 0 || j >= sigmas.length - 1) {
        throw new InvalidFileException(variant.file(), "has no step " + j + " to train");
      }
      return new FlowSolver(variant.number("noise_level")).gaussian(sigmas, j);
    }

    private float[] input(String name) throws InvalidFileException {
      return folder.floats(folder.inputs(), inputs + name);
    }

    private float[] prediction(String name, boolean guided, double scale)
        throws InvalidFileException {
      return guided
          ? ForwardProcess.guided(input("uncond_prediction"), input(name), scale)
          : input(name);
    }

    private static Map<String, double[]> authorsOutputs(
        GuardLoss loss, GuardLoss.Guarded guarded, GaussianStep step) {
      GrpoTerms terms = guarded.outcome().terms();
      int samples = guarded.free().length;
      double[] bias = Doubles.of(guarded.bias());
      Map<String, double[]> outputs = new LinkedHashMap<>();
      outputs.put(
          "ratio_mean_bias", loss.bias() == GuardLoss.Bias.BATCH ? new double[] {bias[0]} : bias);
      outputs.put("unclipped_loss", guarded.free());
      outputs.put("clipped_loss", guarded.clipped());
      outputs.put("sqrt_dt", filled((float) Math.sqrt(-step.dt()), samples));
      outputs.put("log.policy_loss", new double[] {terms.policyLoss()});
      outputs.put("log.kl_loss", new double[] {terms.kl()});
      outputs.put("log.approx_kl", new double[] {terms.approxKl()});
      outputs.put("log.clipfrac", new double[] {terms.clipFraction()});
      outputs.put("log.clipfrac_gt_one", new double[] {terms.clipFractionAbove()});
      outputs.put("log.clipfrac_lt_one", new double[] {terms.clipFractionBelow()});
      return outputs;
    }

    /** Flow-Factory's broadcasting turns one number per sample into as many rows of them. */
    private static Map<String, double[]> flowFactoryOutputs(
        GuardLoss loss, GuardLoss.Guarded guarded, GaussianStep step, GrpoLoss.Sampled sampled) {
      GrpoTerms terms = guarded.outcome().terms();
      int samples = sampled.advantages().length;
      double[] ratio = Doubles.of(guarded.outcome().ratio());
      Map<String, double[]> outputs = new LinkedHashMap<>();
      outputs.put("dt", filled(step.dt(), samples));
      outputs.put("scale_factor", filled(step.std(), samples));
      double variance = 2 * step.variance();
      outputs.put("mse", Doubles.times(guarded.bias(), variance));
      outputs.put("policy_loss_before_kl", new double[] {terms.policyLoss()});
      outputs.put("log.policy_loss", new double[] {terms.loss()});
      outputs.put("log.kl_div", new double[] {terms.kl()});
      outputs.put("log.kl_loss", new double[] {loss.klWeight() * terms.kl()});
      outputs.put("log.ratio", rows(ratio));
      outputs.put("log.unclipped_loss", rows(guarded.free()));
      outputs.put("log.clipped_loss", rows(guarded.clipped()));
      double high = share(ratio, r -> r > (float) loss.clip().high());
      double low = share(ratio, r -> r < (float) loss.clip().low());
      outputs.put("log.clip_frac_high", new double[] {high});
      outputs.put("log.clip_frac_low", new double[] {low});
      outputs.put("log.clip_frac_total", new double[] {high + low});
      return outputs;
    }

    private static double share(double[] values, java.util.function.DoublePredicate of) {
      return (double) Arrays.stream(values).filter(of).count() / values.length;
    }

    private static double[] rows(double[] row) {
      double[] rows = new double[row.length * row.length];
      Arrays.setAll(rows, i -> row[i % row.length]);
      return rows;
    }

    private static double[] filled(double value, int count) {
      double[] all = new double[count];
      Arrays.fill(all, value);
      return all;
    }
  }
}
