package org.diffusionnft.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/** Single operations: results, and the gradients of {@code sum(out * gout)} by every input. */
final class OpsCase implements CaseKind {
  @Override
  public String name() {
    return "ops";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().node().path("ops").isArray();
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (CaseConfig description : folder.config().list("ops")) {
      String name = description.text("name");
      OpTable.Op op = OpTable.find(name);
      if (op == null) {
        checks.holds(name, false, "no such operation here");
      } else {
        try (Memory.Scope _ = device.memory().scope();
            Gradients gradients = new Gradients()) {
          new Run(folder, description, device, checks).verify(op, gradients);
        } catch (IllegalArgumentException e) {
          checks.holds(name, false, String.valueOf(e.getMessage()));
        }
      }
    }
  }

  private static final class Run {
    private final CaseFolder folder;
    private final Device device;
    private final Checks checks;
    private final String name;
    private final Map<String, Variable> inputs = new LinkedHashMap<>();
    private final List<String> outputs = new ArrayList<>();
    private final List<Tensor> seeds = new ArrayList<>();
    private final OpCall call;

    Run(CaseFolder folder, CaseConfig description, Device device, Checks checks)
        throws InvalidFileException {
      this.folder = folder;
      this.device = device;
      this.checks = checks;
      this.name = description.text("name");
      for (String full : folder.inputs().names()) {
        if (full.startsWith(name + ".")) {
          String input = full.substring(name.length() + 1);
          Tensor value = folder.input(full, device);
          if (!input.startsWith("gout")) {
            boolean derived = folder.expects(name + ".grad." + input);
            inputs.put(input, derived ? Variable.parameter(value) : Variable.constant(value));
          }
        }
      }
      for (int i = -1; i < 0 || folder.expects(name + ".out" + i); i++) {
        String number = i < 0 ? "" : String.valueOf(i);
        if (folder.expects(name + ".out" + number)) {
          outputs.add(name + ".out" + number);
          String seed = name + ".gout" + number;
          if (folder.hasInput(seed)) {
            seeds.add(folder.input(seed, device));
          }
        }
      }
      if (outputs.isEmpty()) {
        throw new InvalidFileException(
            folder.expected().path(), "has no result '" + name + ".out'");
      }
      this.call =
          new OpCall(name, description, inputs, folder.expected().shape(outputs.getFirst()));
    }

    void verify(OpTable.Op op, Gradients gradients) throws InvalidFileException {
      Tape tape = new Tape();
      List<Variable> results = tape.record(() -> op.apply(call));
      for (int i = 0; i < outputs.size(); i++) {
        Tensor result = results.get(i).value();
        checks.tensor(outputs.get(i), dropScalarAxis(result, outputs.get(i)));
      }
      List<String> derived =
          inputs.keySet().stream().filter(i -> folder.expects(name + ".grad." + i)).toList();
      if (derived.isEmpty()) {
        return;
      }
      if (results.size() == 1) {
        tape.backward(results.getFirst(), seeds.getFirst(), gradients);
      } else {
        tape.backward(tape.record(() -> weighted(results)), gradients);
      }
      for (String input : derived) {
        Variable variable = call.in(input);
        Tensor gradient = gradients.find(variable);
        checks.tensor(
            name + ".grad." + input,
            gradient == null
                ? Tensor.zeros(device, variable.value().dtype(), variable.shape())
                : gradient);
      }
    }

    private Variable weighted(List<Variable> results) {
      Variable sum = results.getFirst().mul(Variable.constant(seeds.getFirst())).sum();
      for (int i = 1; i < results.size(); i++) {
        sum = sum.add(results.get(i).mul(Variable.constant(seeds.get(i))).sum());
      }
      return sum;
    }

    /** Our losses have one element and any rank; PyTorch's have rank 0. */
    private Tensor dropScalarAxis(Tensor result, String output) throws InvalidFileException {
      Shape expected = folder.expected().shape(output);
      return expected.rank() == 0 && result.elements() == 1 ? result.reshape(expected) : result;
    }
  }
}
