package org.diffusionnft.verify;

import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.weights.io.InvalidFileException;

/** Intermediate values of a model, kept until they are compared. */
final class Observed {
  private final String prefix;
  private final Map<String, double[]> values = new LinkedHashMap<>();

  /**
   * @param prefix the case's prefix of the model's own names
   */
  Observed(String prefix) {
    this.prefix = prefix;
  }

  void see(String name, Variable value) {
    values.put(prefix + name, value.value().toDoubles());
  }

  /** Compares those values that the case has. */
  void check(CaseFolder folder, Checks checks) throws InvalidFileException {
    for (Map.Entry<String, double[]> e : values.entrySet()) {
      if (folder.expects(e.getKey())) {
        checks.values(e.getKey(), e.getValue());
      }
    }
  }
}
