package org.diffusionnft.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.objective.AwmLoss;
import org.diffusionnft.trainer.objective.AwmLoss.KlWeighting;
import org.diffusionnft.trainer.objective.Bounds;
import org.diffusionnft.trainer.objective.LikelihoodWeighting;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * Advantage Weighted Matching: every term of the loss of the authors' code and of Flow-Factory's,
 * its gradient, and the noise levels that the authors' code draws.
 */
final class AwmLossCase implements CaseKind {
  @Override
  public String name() {
    return "awm_loss";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("variants")
        && folder.config().has("groups")
        && folder.inputs().names().stream().anyMatch(n -> n.endsWith(".ema_prediction"));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (CaseConfig variant : folder.config().list("variants")) {
      new Variant(folder, variant, device, checks).verify();
    }
    if (folder.config().has("time_draws")) {
      for (CaseConfig draw : folder.config().list("time_draws")) {
        times(folder, draw, checks);
      }
    }
  }

  private static void times(CaseFolder folder, CaseConfig draw, Checks checks)
      throws InvalidFileException {
    String id = draw.text("id");
    int count = draw.integer("train_timesteps");
    int batch = draw.integer("batch_size");
    double shift = draw.number("time_shift");
    String type = draw.text("time_type");
    double[] rows =
        switch (type) {
          case "logit_normal" -> {
            double[] t = TimeDraws.logitNormal(draws(folder, id + ".draw0.rand", count), count);
            t = TimeDraws.permuted(t, draws(folder, id + ".draw1.randperm", count));
            yield repeated(
                Arrays.stream(t).map(x -> Math.max(TimeDraws.shifted(x, shift), 0.01)).toArray(),
                batch);
          }
          case "uniform" ->
              Arrays.stream(
                      TimeDraws.uniformBySample(
                          draws(folder, id + ".draw0.rand", count * batch),
                          draws(folder, id + ".draw1.rand_like", count * batch),
                          count,
                          batch))
                  .map(t -> TimeDraws.shifted(t, shift))
                  .toArray();
          case "discrete", "discrete_with_init", "discrete_wo_init" -> {
            int last = (int) (draw.integer("num_steps") * draw.number("timestep_fraction"));
            boolean init = type.equals("discrete_with_init");
            int drawn = init ? count - 1 : count;
            int[] indices =
                TimeDraws.indices(
                    type.equals("discrete") ? 0 : 1,
                    last,
                    drawn,
                    draws(folder, id + ".draw0.rand", drawn));
            indices = init ? TimeDraws.withFirst(0, indices) : indices;
            checks.values(id + ".t_indices", Arrays.stream(indices).asDoubleStream().toArray());
            yield repeated(at(folder, id, indices), batch);
          }
          default ->
              throw new InvalidFileException(
                  draw.file(), "has the unknown time_type '" + type + "'");
        };
    checks.values(id + ".timesteps", rows);
  }

  /** The scheduler's timesteps at these steps, as noise levels. */
  private static double[] at(CaseFolder folder, String id, int[] indices)
      throws InvalidFileException {
    float[] timesteps = folder.floats(folder.inputs(), id + ".scheduler_timesteps");
    double[] t = new double[indices.length];
    for (int i = 0; i < t.length; i++) {
      if (indices[i] < 0 || indices[i] >= timesteps.length) {
        throw new InvalidFileException(folder.config().file(), "draws beyond its timesteps");
      }
      t[i] = timesteps[indices[i]] / 1000f;
    }
    return t;
  }

  /** Recorded draws; nothing was recorded where nothing is drawn. */
  static double[] draws(CaseFolder folder, String name, int count) throws InvalidFileException {
    double[] draws = count == 0 ? new double[0] : folder.doubles(folder.inputs(), name);
    if (draws.length != count) {
      throw new InvalidFileException(
          folder.config().file(),
          "asks for %d draws of '%s', which has %d".formatted(count, name, draws.length));
    }
    return draws;
  }

  static double[] repeated(double[] t, int batch) {
    double[] all = new double[t.length * batch];
    Arrays.setAll(all, i -> t[i / batch]);
    return all;
  }

  /** One configuration of the loss. */
  private static final class Variant {
    private final CaseFolder folder;
    private final CaseConfig variant;
    private final Device device;
    private final Checks checks;
    private final String id;
    private final String group;
    private final boolean authors;
    private final int images;
    private final int rows;
    private final int size;

    Variant(CaseFolder folder, CaseConfig variant, Device device, Checks checks)
        throws InvalidFileException {
      this.folder = folder;
      this.variant = variant;
      this.device = device;
      this.checks = checks;
      this.id = variant.text("id") + ".";
      this.group = variant.text("group") + ".";
      this.authors = variant.text("impl").equals("authors");
      float[] clean = folder.floats(folder.inputs(), group + "clean_latents");
      this.images = folder.inputs().shape(group + "clean_latents").intDim(0);
      this.rows = authors ? folder.inputs().shape(group + "timesteps").intDim(0) : images;
      this.size = clean.length / images;
    }

    void verify() throws InvalidFileException {
      AwmLoss loss = authors ? authorsLoss() : flowFactoryLoss();
      boolean guided = authors && variant.flag("cfg");
      float[] x0 = tiled(folder.floats(folder.inputs(), group + "clean_latents"));
      float[] t = Arrays.copyOf(folder.floats(folder.inputs(), group + "timesteps"), rows);
      float[] average = prediction("ema_prediction", guided);
      float[] forward = prediction("prediction", guided);
      float[] old = forward;
      if (!(authors && variant.flag("on_policy"))) {
        old =
            authors && variant.flag("off_policy") ? average : prediction("old_prediction", guided);
      }
      AwmLoss.Outcome outcome =
          loss.evaluate(
              new AwmLoss.Batch(
                  forward,
                  old,
                  prediction("ref_prediction", guided),
                  average,
                  x0,
                  prediction("noise", false),
                  t,
                  folder.doubles(folder.inputs(), group + "advantages")));
      Map<String, double[]> outputs = outputs(loss, outcome, guided);
      outputs.put("timestep", Doubles.of(timesteps(t)));
      for (Map.Entry<String, double[]> e : outputs.entrySet()) {
        if (folder.expects(id + e.getKey())) {
          checks.values(id + e.getKey(), e.getValue());
        }
      }
      if (folder.expects(id + "noised_latents")) {
        checks.tensor(id + "noised_latents", noised(t));
      }
    }

    private AwmLoss authorsLoss() throws InvalidFileException {
      return new AwmLoss(
          weighting(variant.text("weighting")),
          variant.number("ghuber_power"),
          ratioOf(variant.text("loss_type")),
          Bounds.aroundOne(variant.number("clip_range")),
          Bounds.within(variant.number("adv_clip_max")),
          variant.has("advantage_max")
              ? OptionalDouble.of(variant.number("advantage_max"))
              : OptionalDouble.empty(),
          variant.number("beta"),
          klWeighting(variant.text("kl_weight")),
          variant.number("ema_beta"),
          klWeighting(variant.text("kl_ema_weight")));
    }

    private AwmLoss flowFactoryLoss() throws InvalidFileException {
      double[] clip = variant.numbers("clip_range");
      double[] advantages = variant.numbers("adv_clip_range");
      return new AwmLoss(
          weighting(variant.text("awm_weighting")),
          variant.number("ghuber_power"),
          AwmLoss.RatioOf.LEVEL,
          new Bounds(1 + clip[0], 1 + clip[1]),
          new Bounds(advantages[0], advantages[1]),
          OptionalDouble.empty(),
          variant.number("kl_beta"),
          KlWeighting.UNIFORM,
          variant.number("ema_kl_beta"),
          KlWeighting.UNIFORM);
    }

    /** Predictions of all rows, guided on request, the last one exact if the variant says so. */
    private float[] prediction(String name, boolean guided) throws InvalidFileException {
      float[] all = rowsOf(name);
      boolean trained = name.equals("prediction") || name.equals("old_prediction");
      if (trained && variant.flag("exact")) {
        String exact = authors ? "exact_row" : "exact_row_first_timestep";
        float[] row = folder.floats(folder.inputs(), group + exact);
        System.arraycopy(row, 0, all, all.length - row.length, row.length);
      }
      return guided
          ? ForwardProcess.guided(
              rowsOf("uncond_prediction"), all, variant.number("guidance_scale"))
          : all;
    }

    private float[] rowsOf(String name) throws InvalidFileException {
      return Arrays.copyOf(folder.floats(folder.inputs(), group + name), rows * size);
    }

    /** The images, repeated for every noise level. */
    private float[] tiled(float[] clean) {
      float[] all = new float[rows * size];
      for (int row = 0; row < rows; row++) {
        System.arraycopy(clean, row % images * size, all, row * size, size);
      }
      return all;
    }

    private Tensor noised(float[] t) throws InvalidFileException {
      Tensor clean = folder.input(group + "clean_latents", device);
      long[] index = new long[rows];
      Arrays.setAll(index, row -> row % images);
      Tensor tiled =
          Layout.gather(clean.reshape(images, -1), Tensor.of(device, index, rows))
              .reshape(clean.shape().with(0, rows));
      return ForwardProcess.noised(
          tiled, folder.input(group + "noise", device).narrow(0, rows), t, device);
    }

    private static float[] timesteps(float[] t) {
      float[] timesteps = new float[t.length];
      for (int i = 0; i < t.length; i++) {
        timesteps[i] = 1000 * t[i];
      }
      return timesteps;
    }

    private Map<String, double[]> outputs(AwmLoss loss, AwmLoss.Outcome outcome, boolean guided)
        throws InvalidFileException {
      AwmLoss.Terms terms = outcome.terms();
      Map<String, double[]> outputs = new LinkedHashMap<>();
      double scale = guided ? variant.number("guidance_scale") : 1;
      outputs.put("loss", new double[] {terms.loss()});
      outputs.put("grad.prediction", Doubles.times(outcome.gradient(), scale));
      outputs.put("grad.uncond_prediction", Doubles.times(outcome.gradient(), 1 - scale));
      outputs.put("log_probs", outcome.logLikelihood());
      outputs.put("old_log_probs", outcome.oldLogLikelihood());
      put(outputs, "ref_log_probs", outcome.referenceLogLikelihood());
      outputs.put("ratio", outcome.ratio());
      outputs.put("advantages", outcome.advantages());
      outputs.put("unclipped_loss", outcome.free());
      outputs.put("clipped_loss", outcome.clipped());
      outputs.put("std_dev_t", Doubles.of(outcome.deviation()));
      outputs.put("log.ratio", outcome.ratio());
      outputs.put("log.unclipped_loss", outcome.free());
      outputs.put("log.clipped_loss", outcome.clipped());
      outputs.put("log.clip_frac_high", new double[] {terms.above()});
      outputs.put("log.clip_frac_low", new double[] {terms.below()});
      outputs.put("log.clip_frac_total", new double[] {terms.above() + terms.below()});
      outputs.put("log.clipfrac", new double[] {terms.above() + terms.below()});
      outputs.put("log.policy_loss", new double[] {terms.policyLoss()});
      outputs.put("log.loss", new double[] {terms.loss()});
      outputs.put("log.kl_div", terms.kl());
      outputs.put("log.ema_kl_div", terms.averageKl());
      // Flow-Factory logs weighted pulls, the authors' code unweighted ones.
      double kl = Arrays.stream(terms.kl()).average().orElse(0);
      double averageKl = Arrays.stream(terms.averageKl()).average().orElse(0);
      outputs.put("log.kl_loss", new double[] {authors ? kl : loss.klWeight() * kl});
      outputs.put(
          "log.ema_kl_loss", new double[] {authors ? averageKl : loss.averageWeight() * averageKl});
      return outputs;
    }

    private static void put(
        Map<String, double[]> outputs, String name, double @Nullable [] values) {
      if (values != null) {
        outputs.put(name, values);
      }
    }

    private LikelihoodWeighting weighting(String name) throws InvalidFileException {
      return switch (name) {
        case "Uniform" -> LikelihoodWeighting.UNIFORM;
        case "t" -> LikelihoodWeighting.T;
        case "t**2" -> LikelihoodWeighting.T_SQUARED;
        case "huber" -> LikelihoodWeighting.HUBER;
        case "ghuber" -> LikelihoodWeighting.GHUBER;
        default -> throw unknown("weighting", name);
      };
    }

    private AwmLoss.RatioOf ratioOf(String name) throws InvalidFileException {
      return switch (name) {
        case "exp_first" -> AwmLoss.RatioOf.LEVEL;
        case "sum_first" -> AwmLoss.RatioOf.IMAGE;
        default -> throw unknown("loss_type", name);
      };
    }

    private KlWeighting klWeighting(String name) throws InvalidFileException {
      return switch (name) {
        case "Uniform" -> KlWeighting.UNIFORM;
        case "ELBO" -> KlWeighting.ELBO;
        default -> throw unknown("kl_weight", name);
      };
    }

    private InvalidFileException unknown(String key, String name) {
      return new InvalidFileException(variant.file(), "has the unknown " + key + " '" + name + "'");
    }
  }
}
