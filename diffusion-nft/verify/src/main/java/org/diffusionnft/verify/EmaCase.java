package org.diffusionnft.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/** The moving average of parameters over a run of recorded updates. */
final class EmaCase implements CaseKind {
  private static final String INIT = ".init";

  @Override
  public String name() {
    return "ema";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("intervals")
        && folder.config().has("decay")
        && folder.inputs().names().stream().anyMatch(n -> n.endsWith(INIT));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (int interval : folder.config().integers("intervals")) {
      verify(folder, device, interval, checks);
    }
  }

  private static void verify(CaseFolder folder, Device device, int interval, Checks checks)
      throws InvalidFileException {
    List<String> names = new ArrayList<>();
    List<Variable> parameters = new ArrayList<>();
    List<Tensor> updates = new ArrayList<>();
    List<double[]> averages = new ArrayList<>();
    for (String input : folder.inputs().names()) {
      if (input.endsWith(INIT)) {
        String name = input.substring(0, input.length() - INIT.length());
        names.add(name);
        parameters.add(Variable.parameter(Elementwise.copy(folder.input(input, device))));
        Tensor steps = folder.input(name + ".updates", device);
        updates.add(steps);
        averages.add(new double[Math.toIntExact(steps.elements())]);
      }
    }
    int steps = updates.getFirst().shape().intDim(0);
    double[] decay = new double[steps];
    try (Ema ema = new Ema(parameters, folder.config().number("decay"), interval)) {
      for (int i = 0; i < steps; i++) {
        for (int p = 0; p < parameters.size(); p++) {
          Tensor value = parameters.get(p).value();
          Elementwise.addInPlace(value, updates.get(p).narrow(i, 1).reshape(value.shape()));
        }
        ema.step(i + 1);
        decay[i] = ema.decay(i + 1);
        for (int p = 0; p < parameters.size(); p++) {
          double[] average = ema.averages().get(p).toDoubles();
          System.arraycopy(average, 0, averages.get(p), i * average.length, average.length);
        }
      }
    }
    String run = "interval" + interval + ".";
    checks.values(run + "decay", Arrays.copyOf(decay, steps));
    for (int p = 0; p < parameters.size(); p++) {
      checks.values(run + names.get(p), averages.get(p));
    }
  }
}
