package org.diffusionnft.models.transformer;

import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.WeightSource;
import org.jspecify.annotations.Nullable;

/** An MMDiT's parameters by name, and the layers made of them. */
final class MmditWeights implements AutoCloseable {
  private final Parameters parameters;

  /** See {@link Parameters#load}. */
  MmditWeights(MmditConfig config, WeightSource source, Predicate<String> trainable) {
    this.parameters =
        Parameters.load(
            "the MMDiT of this configuration",
            MmditLayout.parameters(config),
            Set.of(MmditLayout.POSITION_EMBEDDING),
            new OperandWeights(source, trainable),
            trainable);
  }

  /** All parameters in the order of the layout. */
  SequencedMap<String, Variable> parameters() {
    return parameters.all();
  }

  /** A required parameter. */
  Variable get(String name) {
    return parameters.get(name);
  }

  /** An optional parameter. */
  @Nullable Variable find(String name) {
    return parameters.find(name);
  }

  /** A linear layer. */
  AdaptedLinear linear(String name) {
    return new AdaptedLinear(name, parameters.linear(name));
  }

  @Override
  public void close() {
    parameters.close();
  }
}
