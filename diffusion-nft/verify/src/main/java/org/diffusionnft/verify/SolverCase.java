package org.diffusionnft.verify;

import java.util.List;
import org.diffusionnft.models.sampling.Sampler;
import org.diffusionnft.models.sampling.Velocity;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/** Sampling trajectories of every solver, with the recorded velocities and noise replayed. */
final class SolverCase implements CaseKind {
  @Override
  public String name() {
    return "solver";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("runs")
        && folder.expected().names().stream().anyMatch(n -> n.endsWith(".latents"));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (CaseConfig run : folder.config().list("runs")) {
      verify(folder, run, device, checks);
    }
  }

  private static void verify(CaseFolder folder, CaseConfig run, Device device, Checks checks)
      throws InvalidFileException {
    String id = run.text("id");
    int steps = run.integer("steps");
    Tensor expected = folder.expected().tensor(id + ".latents", device);
    Tensor velocities = folder.expected().tensor(id + ".velocities", device);
    checks.replayed(id + ".velocities");
    Tensor start = row(expected, 0);
    Solver solver = Solver.named(run.text("solver"), run.flag("deterministic"), run.number("eta"));
    String noiseName = id + ".noise";
    Tensor recorded = folder.hasInput(noiseName) ? folder.input(noiseName, device) : null;
    float[] sigmas = folder.floats(folder.inputs(), "sigmas_" + steps);
    Sampler.Trajectory trajectory =
        Sampler.trajectory(solver, velocities(velocities), start, sigmas, noise(recorded));
    checks.values(id + ".latents", joined(trajectory.latents()));
    String logProbs = id + ".log_probs";
    if (folder.expects(logProbs)) {
      checks.values(logProbs, logProbs(trajectory.logProbs(), start.shape().intDim(0)));
    }
  }

  private static Velocity velocities(Tensor velocities) {
    return (_, step, _) -> row(velocities, step);
  }

  /** Deterministic solvers draw noise too, and multiply it by 0: zeros replace missing noise. */
  private static Noise noise(@Nullable Tensor recorded) {
    return (Device device, int step, Shape shape) ->
        recorded == null ? Tensor.zeros(device, DType.F32, shape) : row(recorded, step);
  }

  private static Tensor row(Tensor all, int i) {
    long[] dims = all.shape().dims();
    return all.narrow(i, 1).reshape(Shape.of(java.util.Arrays.copyOfRange(dims, 1, dims.length)));
  }

  private static double[] joined(List<Tensor> rows) {
    return rows.stream().flatMapToDouble(t -> java.util.Arrays.stream(t.toDoubles())).toArray();
  }

  private static double[] logProbs(List<@Nullable Tensor> rows, int batch) {
    double[] all = new double[rows.size() * batch];
    for (int i = 0; i < rows.size(); i++) {
      Tensor row = rows.get(i);
      double[] values = new double[batch];
      java.util.Arrays.fill(values, Double.NaN);
      System.arraycopy(row == null ? values : row.toDoubles(), 0, all, i * batch, batch);
    }
    return all;
  }
}
