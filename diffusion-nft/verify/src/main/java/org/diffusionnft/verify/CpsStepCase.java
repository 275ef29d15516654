package org.diffusionnft.verify;

import java.util.Arrays;
import org.diffusionnft.models.solver.CpsSolver;
import org.diffusionnft.models.solver.DanceSolver;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.models.solver.StochasticSolver;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * Trajectories of Flow-CPS, by its authors' code and Flow-Factory's, and Flow-Factory's steps of
 * Flow-GRPO and DanceGRPO: with recorded velocities and noise, their densities, and the density of
 * a stored step under another velocity with its gradient.
 */
final class CpsStepCase implements CaseKind {
  private static final double LOG_SQRT_2PI = 0.5 * StrictMath.log(2 * Math.PI);

  @Override
  public String name() {
    return "cps_step";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("runs")
        && folder.inputs().names().stream().anyMatch(n -> n.endsWith(".replay.prediction"));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (CaseConfig run : folder.config().list("runs")) {
      boolean flowFactory = run.text("impl").equals("flow_factory");
      new Run(folder, run, device, checks, flowFactory).verify();
    }
    for (String name : folder.expected().names()) {
      if (name.matches("ff_schedule_\\d+\\.sigmas")) {
        schedule(folder, name.substring(0, name.lastIndexOf('.')), checks);
      }
    }
  }

  /** Flow-Factory's noise levels: evenly spaced from 1 to 1/N and shifted once, in float32. */
  private static void schedule(CaseFolder folder, String id, Checks checks)
      throws InvalidFileException {
    int steps = folder.expected().shape(id + ".sigmas").intDim(0) - 1;
    float shift = (float) folder.config().number("scheduler_shift");
    double[] sigmas = new double[steps + 1];
    double[] timesteps = new double[steps];
    for (int i = 0; i < steps; i++) {
      double level = i == steps - 1 ? 1.0 / steps : 1 + i * ((1.0 / steps - 1) / (steps - 1));
      float sigma = shift * (float) level / (1 + (shift - 1) * (float) level);
      sigmas[i] = sigma;
      timesteps[i] = sigma * FlowMatchSchedule.TRAIN_TIMESTEPS;
    }
    checks.values(id + ".sigmas", new Margin.Ulps(1), sigmas);
    checks.values(id + ".timesteps", new Margin.Ulps(1), timesteps);
  }

  /** One trajectory. */
  private static final class Run {
    private final CaseFolder folder;
    private final CaseConfig run;
    private final Device device;
    private final Checks checks;
    private final boolean flowFactory;
    private final String id;
    private final String dynamics;
    private final int steps;
    private final float[] sigmas;

    Run(CaseFolder folder, CaseConfig run, Device device, Checks checks, boolean flowFactory)
        throws InvalidFileException {
      this.folder = folder;
      this.run = run;
      this.device = device;
      this.checks = checks;
      this.flowFactory = flowFactory;
      this.id = run.text("id") + ".";
      this.dynamics = run.text("dynamics");
      this.steps = run.integer("steps");
      this.sigmas =
          flowFactory
              ? levels(folder.floats(folder.inputs(), "ff_timesteps_" + steps))
              : folder.floats(folder.inputs(), "sigmas_" + steps);
      if (sigmas.length != steps + 1) {
        throw new InvalidFileException(
            run.file(), "run '" + run.text("id") + "' has no noise levels for its steps");
      }
    }

    /** Flow-Factory identifies a step by its timestep alone. */
    private static float[] levels(float[] timesteps) {
      float[] sigmas = new float[timesteps.length + 1];
      for (int i = 0; i < timesteps.length; i++) {
        sigmas[i] = timesteps[i] / FlowMatchSchedule.TRAIN_TIMESTEPS;
      }
      return sigmas;
    }

    /** The noise level of a step: in Flow-Factory the last one draws no noise. */
    private double noiseLevel(int i) throws InvalidFileException {
      return flowFactory && i == steps - 1 ? 0 : run.number("noise_level");
    }

    private StochasticSolver solver(int i) throws InvalidFileException {
      double eta = noiseLevel(i);
      return switch (dynamics) {
        case "cps", "CPS" -> new CpsSolver(eta);
        case "Flow-SDE" -> new FlowSolver(eta);
        case "Dance-SDE" -> eta == 0 ? new FlowSolver(0) : new DanceSolver(eta);
        default ->
            throw new InvalidFileException(
                run.file(), "has the unknown dynamics '" + dynamics + "'");
      };
    }

    void verify() throws InvalidFileException {
      Tensor velocities = folder.expected().tensor(id + "velocities", device);
      checks.replayed(id + "velocities");
      Tensor noise = folder.input(id + "noise", device);
      Tensor latents = folder.input("z_init_" + steps, device);
      int batch = latents.shape().intDim(0);
      int size = Math.toIntExact(latents.elements());
      int rows = flowFactory ? steps - 1 : steps;
      double[] all = new double[(steps + 1) * size];
      double[] means = new double[steps * size];
      double[] deviations = new double[steps * batch];
      double[] logProbs = new double[rows * batch];
      double[] noiseLevels = new double[steps];
      copy(latents.toDoubles(), all, 0);
      for (int i = 0; i < steps; i++) {
        StochasticSolver solver = solver(i);
        Tensor velocity = row(velocities, i);
        GaussianStep step = solver.gaussian(sigmas, i);
        copy(means(step, latents.toFloats(), velocity.toFloats()), means, i * size);
        Solver.Step next =
            solver.start(sigmas).step(i, latents, velocity, (_, at, _) -> row(noise, at));
        if (i < rows && next.logProb() != null) {
          double constant = missing(step);
          double[] row = next.logProb().toDoubles();
          copy(Arrays.stream(row).map(p -> p - constant).toArray(), logProbs, i * batch);
        }
        noiseLevels[i] = noiseLevel(i);
        Arrays.fill(deviations, i * batch, (i + 1) * batch, step.diffusion());
        latents = next.latents();
        copy(latents.toDoubles(), all, (i + 1) * size);
      }
      checks.values(id + "latents", all);
      checks.values(id + "means", means);
      checks.values(id + "std_dev_t", deviations);
      checks.values(id + "log_probs", logProbs);
      if (folder.expects(id + "noise_levels")) {
        checks.values(id + "noise_levels", Margin.exact(), noiseLevels);
      }
      replay(run.integer("replay_step"), batch, size);
    }

    /**
     * The constant of DanceGRPO's density, which Flow-Factory includes and DiffusionNFT's code
     * omits.
     */
    private double missing(GaussianStep step) {
      return dynamics.equals("Dance-SDE") ? StrictMath.log(step.std()) + LOG_SQRT_2PI : 0;
    }

    /**
     * Checks a stored step under another velocity; the gradient is that of {@code Σ (b + 1) log
     * p_b}.
     */
    private void replay(int i, int batch, int size) throws InvalidFileException {
      if (i < 0 || i >= steps) {
        throw new InvalidFileException(run.file(), "has no step " + i + " to replay");
      }
      GaussianStep step = solver(i).gaussian(sigmas, i);
      float[] stored = folder.floats(folder.expected(), id + "latents");
      float[] before = Arrays.copyOfRange(stored, i * size, (i + 1) * size);
      float[] after = Arrays.copyOfRange(stored, (i + 1) * size, (i + 2) * size);
      double[] mean = means(step, before, folder.floats(folder.inputs(), id + "replay.prediction"));
      double[] logProb = new double[batch];
      double[] gradient = new double[size];
      int each = size / batch;
      for (int b = 0; b < batch; b++) {
        double squares = 0;
        for (int j = b * each; j < (b + 1) * each; j++) {
          double d = after[j] - mean[j];
          squares += d * d / each;
          gradient[j] = (b + 1) * step.slope() / step.variance() / each * d;
        }
        logProb[b] = step.logProb((float) squares) - missing(step);
      }
      checks.values(id + "replay.mean", mean);
      checks.values(id + "replay.log_prob", logProb);
      checks.values(id + "replay.grad.prediction", gradient);
    }

    private static double[] means(GaussianStep step, float[] x, float[] v) {
      double[] means = new double[x.length];
      Arrays.setAll(means, j -> step.mean(x[j], v[j]));
      return means;
    }
  }

  private static void copy(double[] from, double[] to, int at) {
    System.arraycopy(from, 0, to, at, from.length);
  }

  private static Tensor row(Tensor all, int i) {
    long[] dims = all.shape().dims();
    return all.narrow(i, 1).reshape(Shape.of(Arrays.copyOfRange(dims, 1, dims.length)));
  }
}
