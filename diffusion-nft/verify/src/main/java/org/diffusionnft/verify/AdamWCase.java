package org.diffusionnft.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * AdamW with gradient clipping on a least-squares problem: {@code mean((X Wᵀ + b - Y)²)}, scaled by
 * 1/100 from step 12 on, with a parameter {@code z} whose gradient is always zero.
 */
final class AdamWCase implements CaseKind {
  private static final int SMALL_FROM = 12;
  private static final double SMALL = 0.01;

  @Override
  public String name() {
    return "adamw";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("hyper")
        && folder.hasInput("X")
        && folder.hasInput("Y")
        && folder.expects("grad_norm");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    new Run(folder, device).verify(checks);
  }

  private static final class Run {
    private final CaseFolder folder;
    private final Device device;
    private final Map<String, Variable> parameters = new LinkedHashMap<>();
    private final Map<String, List<double[]>> outputs = new LinkedHashMap<>();

    Run(CaseFolder folder, Device device) throws InvalidFileException {
      this.folder = folder;
      this.device = device;
      for (String name : List.of("W", "b", "z")) {
        Tensor start = Elementwise.copy(folder.input(name, device));
        parameters.put(name, Variable.parameter(start));
      }
    }

    void verify(Checks checks) throws InvalidFileException {
      CaseConfig hyper = folder.config().get("hyper");
      AdamW.Settings settings =
          new AdamW.Settings(
              hyper.number("lr"),
              hyper.number("b1"),
              hyper.number("b2"),
              hyper.number("eps"),
              hyper.number("wd"));
      int steps = folder.expected().shape("loss").intDim(0);
      List<Variable> all = List.copyOf(parameters.values());
      try (AdamW optimizer = new AdamW(all, settings);
          Gradients gradients = new Gradients(all)) {
        for (int step = 0; step < steps; step++) {
          try (Memory.Scope _ = device.memory().scope()) {
            gradients.zero();
            record("loss", loss(step, gradients));
            record("grad_norm", gradients.clip(hyper.number("clip")));
            record("clipped.", gradients::of);
            optimizer.step(gradients, 1);
            record("", Variable::value);
            record("exp_avg.", p -> optimizer.firstMoments().get(all.indexOf(p)));
            record("exp_avg_sq.", p -> optimizer.secondMoments().get(all.indexOf(p)));
          }
        }
      }
      for (String name : folder.expected().names()) {
        if (outputs.containsKey(name)) {
          List<double[]> rows = outputs.get(name);
          checks.values(name, rows.stream().flatMapToDouble(java.util.Arrays::stream).toArray());
        }
      }
    }

    private double loss(int step, Gradients gradients) throws InvalidFileException {
      Variable x = Variable.constant(folder.input("X", device));
      Variable y = Variable.constant(folder.input("Y", device));
      Tape tape = new Tape();
      Variable loss =
          tape.record(
              () -> {
                Variable fit = x.linear(parameter("W"), parameter("b"));
                return Functions.meanSquaredError(fit, y)
                    .scale(step < SMALL_FROM ? 1 : SMALL)
                    .add(parameter("z").sum().scale(0));
              });
      double value = loss.item();
      tape.backward(loss, gradients);
      return value;
    }

    private Variable parameter(String name) {
      Variable p = parameters.get(name);
      if (p == null) {
        throw new InvalidInputException("no parameter " + name);
      }
      return p;
    }

    private interface PerParameter {
      Tensor of(Variable parameter);
    }

    private void record(String prefix, PerParameter tensor) {
      parameters.forEach((name, p) -> record(prefix + name, tensor.of(p).toDoubles()));
    }

    private void record(String name, double... row) {
      outputs.computeIfAbsent(name, _ -> new ArrayList<>()).add(row);
    }
  }
}
