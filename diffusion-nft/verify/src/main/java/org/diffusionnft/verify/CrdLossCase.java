package org.diffusionnft.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.nft.LossTerms;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;
import org.diffusionnft.trainer.objective.Bounds;
import org.diffusionnft.trainer.objective.Centering;
import org.diffusionnft.trainer.objective.CrdLoss;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * Centered Reward Distillation: every term of the loss of Flow-Factory's code and its gradient, the
 * centered loss alone, the decay of the old policy, the drawn timesteps, and advantages.
 */
final class CrdLossCase implements CaseKind {
  @Override
  public String name() {
    return "crd_loss";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("variants")
        && folder.inputs().names().stream().anyMatch(n -> n.endsWith(".ref_uncond_prediction"));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (CaseConfig variant : folder.config().list("variants")) {
      loss(folder, variant, checks);
    }
    for (CaseConfig direct : optional(folder, "direct")) {
      centered(folder, direct, checks);
    }
    List<CaseConfig> decays = optional(folder, "decay_types");
    for (int i = 0; i < decays.size(); i++) {
      decay(folder, decays.get(i), "decay." + i, checks);
    }
    for (CaseConfig draw : optional(folder, "time_draws")) {
      times(folder, draw, checks);
    }
    for (CaseConfig advantages : optional(folder, "advantages")) {
      String id = advantages.text("id");
      checks.values(id + ".advantages", GroupAdvantages.of(folder, advantages));
    }
  }

  private static List<CaseConfig> optional(CaseFolder folder, String key)
      throws InvalidFileException {
    return folder.config().has(key) ? folder.config().list(key) : List.of();
  }

  private static void loss(CaseFolder folder, CaseConfig variant, Checks checks)
      throws InvalidFileException {
    String id = variant.text("id") + ".";
    String group = variant.text("group") + ".";
    float[] forward = folder.floats(folder.inputs(), group + "prediction");
    float[] conditional = folder.floats(folder.inputs(), group + "ref_prediction");
    boolean useOld = variant.flag("use_old_for_loss");
    float[] old =
        useOld ? folder.floats(folder.inputs(), group + "old_prediction") : conditional.clone();
    float[] x0 = folder.floats(folder.inputs(), group + "clean_latents");
    float[] noise = folder.floats(folder.inputs(), group + "noise");
    double[] advantages = folder.doubles(folder.inputs(), group + "advantages");
    if (variant.flag("exact")) {
      // The last sample is predicted exactly: its errors are below the smallest weight.
      for (int i = x0.length - x0.length / advantages.length; i < x0.length; i++) {
        forward[i] = noise[i] - x0[i];
        old[i] = useOld ? forward[i] : old[i];
      }
    }
    float[] reference =
        variant.number("kl_cfg") > 1
            ? ForwardProcess.guided(
                folder.floats(folder.inputs(), group + "ref_uncond_prediction"),
                conditional,
                variant.number("kl_cfg"))
            : conditional;
    double[] range = variant.numbers("adv_clip_range");
    CrdLoss loss =
        new CrdLoss(
            centering(variant),
            variant.flag("adaptive_logp"),
            new Bounds(range[0], range[1]),
            variant.number("kl_beta"),
            variant.flag("reward_adaptive_kl"));
    CrdLoss.Others others =
        variant.integer("world") > 1
            ? new CrdLoss.Others(
                folder.doubles(folder.inputs(), group + "other_adv_rank"),
                folder.doubles(folder.inputs(), group + "other_r_theta"))
            : CrdLoss.Others.NONE;
    CrdLoss.Outcome outcome =
        loss.evaluate(new CrdLoss.Batch(forward, old, reference, x0, noise, advantages), others);
    CrdLoss.Terms terms = outcome.terms();
    LossTerms logged =
        LossTerms.of(
            terms.loss(), terms.policyLoss(), terms.centered(), forward, old, reference, x0);
    Map<String, double[]> outputs = new LinkedHashMap<>();
    outputs.put("loss", new double[] {terms.loss()});
    outputs.put("grad.prediction", Doubles.of(outcome.gradient()));
    outputs.put("r_theta_local", outcome.reward());
    outputs.put("adv_cur_rank", outcome.rank());
    outputs.put("ori_policy_loss", new double[] {terms.centered()});
    outputs.put("kl_div", outcome.kl());
    outputs.put("weight_theta", outcome.weight());
    outputs.put("weight_old", outcome.oldWeight());
    outputs.put("ref_pred", Doubles.of(reference));
    outputs.put("log.policy_loss", new double[] {terms.policyLoss()});
    outputs.put("log.unweighted_policy_loss", new double[] {terms.centered()});
    outputs.put("log.kl_div", new double[] {mean(outcome.kl())});
    outputs.put("log.kl_loss", new double[] {terms.klLoss()});
    outputs.put("log.r_theta_mean", new double[] {mean(outcome.reward())});
    outputs.put("log.loss", new double[] {terms.loss()});
    outputs.put("log.old_kl_div", new double[] {logged.oldReferenceMse().orElse(Double.NaN)});
    outputs.put("log.old_deviate", new double[] {logged.oldDeviation()});
    for (Map.Entry<String, double[]> e : outputs.entrySet()) {
      if (folder.expects(id + e.getKey())) {
        checks.values(id + e.getKey(), e.getValue());
      }
    }
  }

  private static Centering centering(CaseConfig variant) throws InvalidFileException {
    String type = variant.text("crd_loss_type");
    return switch (type) {
      case "mse", "bce" ->
          new Centering(
              Centering.Objective.valueOf(type.toUpperCase(Locale.ROOT)),
              variant.number("crd_beta"),
              variant.number("weight_temp"));
      default ->
          throw new InvalidFileException(
              variant.file(), "has the unknown crd_loss_type '" + type + "'");
    };
  }

  private static void centered(CaseFolder folder, CaseConfig direct, Checks checks)
      throws InvalidFileException {
    String id = direct.text("id");
    Centering.Outcome outcome =
        centering(direct)
            .evaluate(
                folder.doubles(folder.inputs(), "direct.adv_" + direct.text("advantages")),
                folder.doubles(folder.inputs(), "direct.r_theta"),
                direct.integer("local"));
    checks.values(id + ".loss", outcome.value());
    checks.values(id + ".grad.r_theta_local", outcome.gradient());
  }

  private static void decay(CaseFolder folder, CaseConfig type, String output, Checks checks)
      throws InvalidFileException {
    SoftUpdateSchedule schedule = schedule(type);
    long[] steps = folder.longs(folder.inputs(), "decay.step");
    checks.values(
        output, Margin.exact(), Arrays.stream(steps).mapToDouble(schedule::decay).toArray());
  }

  /** A schedule by Flow-Factory's name, or spelled out: step, start, slope and end. */
  private static SoftUpdateSchedule schedule(CaseConfig type) throws InvalidFileException {
    String name = type.node().asText();
    String[] parts = name.split("-", -1);
    try {
      return switch (name) {
        case "0", "none" -> new SoftUpdateSchedule(0, 0, 0);
        case "1", "slow" -> new SoftUpdateSchedule(0, 0.001, 0.5);
        case "2", "medium" -> new SoftUpdateSchedule(75, 0.0075, 0.999);
        case "3", "offline" -> new SoftUpdateSchedule(0, 1, 0, 1);
        case "4", "fast" -> new SoftUpdateSchedule(0, 0.02, 0.99);
        case "5", "moderate" -> new SoftUpdateSchedule(0, 0.01, 0.5);
        case "6" -> new SoftUpdateSchedule(0, 0.0075, 0.999);
        default ->
            new SoftUpdateSchedule(
                (long) Double.parseDouble(parts[0]),
                Double.parseDouble(parts[1]),
                Double.parseDouble(parts[2]),
                Double.parseDouble(parts[3]));
      };
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new InvalidFileException(type.file(), "has the unknown decay '" + name + "'", e);
    }
  }

  /** Timesteps on the scheduler's scale, each for the whole batch. */
  private static void times(CaseFolder folder, CaseConfig draw, Checks checks)
      throws InvalidFileException {
    String id = draw.text("id");
    int count = draw.integer("num_train_timesteps");
    double[] range = draw.numbers("timestep_range");
    double shift = draw.number("time_shift");
    String strategy = draw.text("time_sampling_strategy");
    double[] times =
        switch (strategy) {
          case "uniform" -> {
            double[] part =
                TimeDraws.stratified(AwmLossCase.draws(folder, id + ".draw0.rand", count), count);
            double[] order = AwmLossCase.draws(folder, id + ".draw1.randperm", count);
            yield Arrays.stream(TimeDraws.permuted(part, order))
                .map(p -> range[0] + (range[1] - range[0]) * p)
                .map(f -> 1000 * (1 - (shift == 1 ? f : TimeDraws.shifted(f, shift))))
                .toArray();
          }
          case "logit_normal" -> {
            double[] part =
                TimeDraws.logitNormal(AwmLossCase.draws(folder, id + ".draw0.rand", count), count);
            double[] order = AwmLossCase.draws(folder, id + ".draw1.randperm", count);
            yield Arrays.stream(TimeDraws.permuted(part, order))
                .map(t -> Math.clamp(TimeDraws.shifted(t, shift), 0.01, 1 - 1e-6))
                .map(raw -> 1000 * (1 - (range[0] + (range[1] - range[0]) * raw)))
                .toArray();
          }
          case "discrete", "discrete_with_init", "discrete_wo_init" ->
              discrete(folder, id, strategy, range, count);
          default ->
              throw new InvalidFileException(
                  draw.file(), "has the unknown time_sampling_strategy '" + strategy + "'");
        };
    checks.values(id + ".timesteps", AwmLossCase.repeated(times, draw.integer("batch_size")));
  }

  private static double[] discrete(
      CaseFolder folder, String id, String strategy, double[] range, int count)
      throws InvalidFileException {
    float[] timesteps = folder.floats(folder.inputs(), id + ".scheduler_timesteps");
    int first = timesteps.length;
    int last = -1;
    for (int i = 0; i < timesteps.length; i++) {
      if (timesteps[i] >= 1000 * (1 - range[1]) - 1e-3
          && timesteps[i] <= 1000 * (1 - range[0]) + 1e-3) {
        first = Math.min(first, i);
        last = i;
      }
    }
    if (last < 0) {
      throw new InvalidFileException(folder.config().file(), "has no timestep in its range");
    }
    boolean init = strategy.equals("discrete_with_init");
    int drawn = init ? count - 1 : count;
    int from = strategy.equals("discrete") ? first : first + 1;
    int[] indices =
        TimeDraws.indices(from, last, drawn, AwmLossCase.draws(folder, id + ".draw0.rand", drawn));
    return Arrays.stream(init ? TimeDraws.withFirst(first, indices) : indices)
        .mapToDouble(i -> timesteps[Math.clamp(i, 0, timesteps.length - 1)])
        .toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }
}
