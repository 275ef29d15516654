package org.diffusionnft.verify;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/** Collects the verdicts on the outputs of one case. */
public final class Checks {
  private final CaseFolder folder;
  private final Consumer<Check> listener;
  private final List<Check> done = new ArrayList<>();
  private final Set<String> covered = new HashSet<>();

  Checks(CaseFolder folder, Consumer<Check> listener) {
    this.folder = folder;
    this.listener = listener;
  }

  /** Compares with the expected tensor of the same name, within its tolerance in the case. */
  public void tensor(String name, Tensor actual) throws InvalidFileException {
    tensor(name, name, actual);
  }

  /** Compares with the expected tensor {@code name}; the verdict is reported as {@code label}. */
  public void tensor(String label, String name, Tensor actual) throws InvalidFileException {
    values(label, name, actual.shape(), actual.toDoubles(), folder.margin(name));
  }

  /** Compares numbers with the expected tensor of the same name, within the case's tolerance. */
  public void values(String name, double... actual) throws InvalidFileException {
    values(name, folder.margin(name), actual);
  }

  /** Compares numbers with the expected tensor of the same name. */
  public void values(String name, Margin margin, double... actual) throws InvalidFileException {
    values(name, name, folder.expected().shape(name), actual, margin);
  }

  void values(String label, String name, Shape shape, double[] actual, Margin margin)
      throws InvalidFileException {
    covered.add(name);
    Shape expectedShape = folder.expected().shape(name);
    if (!shape.equals(expectedShape)) {
      add(Check.impossible(label, "shape " + shape + ", but " + expectedShape + " is expected"));
      return;
    }
    double error = worst(margin, actual, folder.doubles(folder.expected(), name));
    // Tolerances are derived from the difference of both runs: the output must match both.
    if (folder.hasDoublePrecision(name) && margin instanceof Margin.Absolute) {
      double[] precise = folder.doubles(folder.doublePrecision(), name);
      error = Math.max(error, worst(margin, actual, precise));
    }
    add(new Check(label, error, margin.limit(), margin.unit(), ""));
  }

  /** The largest error, or NaN, which no limit allows, if an element cannot be compared. */
  private static double worst(Margin margin, double[] actual, double[] expected) {
    double worst = actual.length == expected.length ? 0 : Double.NaN;
    for (int i = 0; i < expected.length && !Double.isNaN(worst); i++) {
      double error = margin.error(actual[i], expected[i]);
      worst = Double.isNaN(error) ? Double.NaN : Math.max(worst, error);
    }
    return worst;
  }

  /** Compares numbers with expected ones that are not in the case's file of expected tensors. */
  void against(String label, double[] actual, double[] expected, Margin margin) {
    add(new Check(label, worst(margin, actual, expected), margin.limit(), margin.unit(), ""));
  }

  /** Checks that no elements are wrong, given their number. */
  public void none(String name, long wrong) {
    covered.add(name);
    add(new Check(name, wrong, 0, " wrong", ""));
  }

  /** Checks that a number of ours is at most a limit. */
  public void within(String label, double error, double limit, String unit) {
    add(new Check(label, error, limit, unit, ""));
  }

  /** Checks a statement without a number. */
  public void holds(String label, boolean holds, String otherwise) {
    add(holds ? new Check(label, 0, 0, "", "") : Check.impossible(label, otherwise));
  }

  /** Marks an expected tensor as a replayed input, not an output of ours. */
  public void replayed(String name) {
    covered.add(name);
  }

  /** Every expected tensor must have been compared: each remaining one is a failure. */
  void finish() {
    for (String name : folder.expected().names()) {
      if (!covered.contains(name)) {
        add(Check.impossible(name, "nothing here computes it"));
      }
    }
  }

  private void add(Check check) {
    done.add(check);
    listener.accept(check);
  }

  /** All verdicts so far. */
  public List<Check> all() {
    return List.copyOf(done);
  }
}
