package org.diffusionnft.models;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A model's parameters by name, and the layers made of them. */
final class MmditWeights implements AutoCloseable {
  private final SequencedMap<String, Variable> parameters = new LinkedHashMap<>();

  /**
   * Takes all parameters from a source. Frozen ones stay in their dtype and, where the source maps
   * a file, in the file; trainable ones are copied to F32.
   *
   * @throws IllegalArgumentException that lists missing and unknown names
   */
  MmditWeights(MmditConfig config, WeightSource source, Predicate<String> trainable) {
    var shapes = MmditLayout.parameters(config);
    source.requireExactly(
        "the MMDiT of this configuration", shapes.keySet(), Set.of(MmditLayout.POSITION_EMBEDDING));
    shapes.forEach(
        (name, shape) -> {
          Tensor given = source.get(name, shape);
          if (trainable.test(name)) {
            Tensor own = Elementwise.convert(given, DType.F32).keepForever();
            given.release();
            parameters.put(name, Variable.parameter(own));
          } else {
            parameters.put(name, Variable.constant(given.keepForever()));
          }
        });
  }

  /** All parameters in the order of the layout. */
  SequencedMap<String, Variable> parameters() {
    return Collections.unmodifiableSequencedMap(parameters);
  }

  /** A parameter that must be there. */
  Variable get(String name) {
    Variable parameter = find(name);
    if (parameter == null) {
      throw new IllegalStateException("the model has no parameter " + name);
    }
    return parameter;
  }

  /** A parameter that need not be there. */
  @Nullable Variable find(String name) {
    return ((Map<String, Variable>) parameters).get(name);
  }

  /** A linear layer. */
  AdaptedLinear linear(String name) {
    return new AdaptedLinear(name, new Linear(get(name + ".weight"), find(name + ".bias")));
  }

  @Override
  public void close() {
    parameters.values().forEach(p -> p.value().release());
  }
}
