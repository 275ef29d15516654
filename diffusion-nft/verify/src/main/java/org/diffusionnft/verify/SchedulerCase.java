package org.diffusionnft.verify;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * The flow-matching schedule: noise levels and timesteps within 1 ulp, integer timesteps exactly,
 * Euler's steps and the forward process within 8 ulps.
 */
final class SchedulerCase implements CaseKind {
  private static final Margin ONE_ULP = new Margin.Ulps(1);
  private static final Pattern OUTPUT =
      Pattern.compile("shift([0-9.]+)\\.(?:steps(\\d+)\\.)?([a-z_]+)");

  @Override
  public String name() {
    return "scheduler";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("scheduler_config")
        && folder.expected().names().stream().anyMatch(n -> n.endsWith(".sigmas"));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    CaseConfig scheduler = folder.config().get("scheduler_config");
    int trainTimesteps = scheduler.integer("num_train_timesteps");
    for (String name : folder.expected().names()) {
      Matcher output = OUTPUT.matcher(name);
      if (output.matches()) {
        FlowMatchSchedule.Config config =
            new FlowMatchSchedule.Config(trainTimesteps, Double.parseDouble(output.group(1)));
        if (output.group(2) == null) {
          table(config, name, output.group(3), checks);
        } else {
          steps(config.steps(Integer.parseInt(output.group(2))), name, output.group(3), checks);
        }
      }
    }
    FlowMatchSchedule.Config config =
        new FlowMatchSchedule.Config(trainTimesteps, scheduler.number("shift"));
    if (folder.expects("step.trajectory")) {
      trajectory(folder, config, device, checks);
    }
    if (folder.expects("scale_noise.out")) {
      scaleNoise(folder, config, device, checks);
    }
  }

  private static void table(
      FlowMatchSchedule.Config config, String name, String output, Checks checks)
      throws InvalidFileException {
    float[] sigmas = config.trainingSigmas();
    switch (output) {
      case "train_sigmas" -> checks.values(name, ONE_ULP, Doubles.of(sigmas));
      case "train_timesteps" -> {
        float[] timesteps = new float[sigmas.length];
        for (int i = 0; i < sigmas.length; i++) {
          timesteps[i] = sigmas[i] * config.trainTimesteps();
        }
        checks.values(name, ONE_ULP, Doubles.of(timesteps));
      }
      case "sigma_min_max" -> checks.values(name, ONE_ULP, sigmas[sigmas.length - 1], sigmas[0]);
      default -> {
        // Checks.finish reports it.
      }
    }
  }

  private static void steps(FlowMatchSchedule schedule, String name, String output, Checks checks)
      throws InvalidFileException {
    float[] timesteps = schedule.timesteps();
    switch (output) {
      case "sigmas" -> checks.values(name, ONE_ULP, Doubles.of(schedule.sigmas()));
      case "timesteps" -> checks.values(name, ONE_ULP, Doubles.of(timesteps));
      case "sampler_timesteps_long" -> {
        long[] whole = schedule.truncatedTimesteps();
        checks.values(
            name, Margin.exact(), java.util.Arrays.stream(whole).asDoubleStream().toArray());
      }
      case "train_t" -> {
        double[] t = new double[timesteps.length];
        for (int i = 0; i < t.length; i++) {
          t[i] = timesteps[i] / 1000f;
        }
        checks.values(name, ONE_ULP, t);
      }
      default -> {
        // Checks.finish reports it.
      }
    }
  }

  private static void trajectory(
      CaseFolder folder, FlowMatchSchedule.Config config, Device device, Checks checks)
      throws InvalidFileException {
    Tensor velocities = folder.input("step.v", device);
    int steps = velocities.shape().intDim(0);
    FlowMatchSchedule schedule = config.steps(steps);
    Tensor x = folder.input("step.x", device);
    int size = Math.toIntExact(x.elements());
    double[] all = new double[steps * size];
    for (int i = 0; i < steps; i++) {
      x = schedule.step(velocities.narrow(i, 1).reshape(x.shape()), i, x);
      System.arraycopy(x.toDoubles(), 0, all, i * size, size);
    }
    checks.values("step.trajectory", all);
  }

  private static void scaleNoise(
      CaseFolder folder, FlowMatchSchedule.Config config, Device device, Checks checks)
      throws InvalidFileException {
    Tensor sample = folder.input("scale_noise.sample", device);
    Tensor noise = folder.input("scale_noise.noise", device);
    float[] timesteps = folder.floats(folder.inputs(), "scale_noise.timestep");
    FlowMatchSchedule schedule = scheduleWith(folder, config, timesteps);
    checks.tensor("scale_noise.out", schedule.addNoise(Elementwise.copy(sample), timesteps, noise));
  }

  /** Finds the schedule of the timesteps among the case's, since the case does not name it. */
  private static FlowMatchSchedule scheduleWith(
      CaseFolder folder, FlowMatchSchedule.Config config, float[] timesteps)
      throws InvalidFileException {
    for (int steps : folder.config().integers("steps")) {
      FlowMatchSchedule schedule = config.steps(steps);
      float[] known = schedule.timesteps();
      boolean all = true;
      for (float t : timesteps) {
        boolean found = false;
        for (float k : known) {
          found |= k == t;
        }
        all &= found;
      }
      if (all) {
        return schedule;
      }
    }
    throw new InvalidFileException(
        folder.inputs().path(), "has scale_noise.timestep of none of the schedules in 'steps'");
  }
}
