package org.diffusionnft.models;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;
import org.diffusionnft.autograd.LayerNorm;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A model's parameters by name, and the layers made of them. */
public final class Parameters implements AutoCloseable {
  private final SequencedMap<String, Variable> byName = new LinkedHashMap<>();

  private Parameters() {}

  /**
   * Loads all parameters from a source. Frozen ones stay in their dtype and, if the source maps a
   * file, in the file; trainable ones are copied to F32. The model takes ownership of their memory
   * in the device's pool.
   *
   * @param what name of what is loaded, for messages
   * @param shapes the parameters by name
   * @param optional names that the source may have as well; they are not loaded
   * @param trainable tells by name which parameters get gradients
   * @throws IllegalArgumentException listing missing and unknown names, or naming one with a wrong
   *     shape
   */
  public static Parameters load(
      String what,
      SequencedMap<String, Shape> shapes,
      Collection<String> optional,
      WeightSource source,
      Predicate<String> trainable) {
    source.requireExactly(what, shapes.keySet(), optional);
    Parameters parameters = new Parameters();
    shapes.forEach(
        (name, shape) -> {
          Tensor given = source.get(name, shape);
          if (trainable.test(name)) {
            Tensor own = Elementwise.convert(given, DType.F32).keepForever();
            given.release();
            parameters.byName.put(name, Variable.parameter(own));
          } else {
            parameters.byName.put(name, Variable.constant(given.keepForever()));
          }
        });
    return parameters;
  }

  /**
   * {@link #load} with all parameters frozen, and those of rank 1 (norms and biases, which kernels
   * read as F32 and which are small) copied to F32.
   */
  public static Parameters loadFrozen(
      String what,
      SequencedMap<String, Shape> shapes,
      Collection<String> optional,
      WeightSource source) {
    source.requireRoom();
    Parameters parameters = load(what, shapes, optional, source, _ -> false);
    parameters.byName.replaceAll((_, v) -> v.shape().rank() == 1 ? widened(v) : v);
    return parameters;
  }

  private static Variable widened(Variable vector) {
    Tensor given = vector.value();
    if (given.dtype() == DType.F32) {
      return vector;
    }
    Tensor own = Elementwise.convert(given, DType.F32).keepForever();
    given.release();
    return Variable.constant(own);
  }

  /** All parameters in the order of the layout. */
  public SequencedMap<String, Variable> all() {
    return Collections.unmodifiableSequencedMap(byName);
  }

  /** A required parameter. */
  public Variable get(String name) {
    Variable parameter = find(name);
    if (parameter == null) {
      throw new IllegalStateException("the model has no parameter " + name);
    }
    return parameter;
  }

  /** An optional parameter. */
  public @Nullable Variable find(String name) {
    return ((Map<String, Variable>) byName).get(name);
  }

  /** A linear layer, with a bias if there is one. */
  public Linear linear(String name) {
    return new Linear(get(name + ".weight"), find(name + ".bias"));
  }

  /** A layer norm with weight and bias. */
  public LayerNorm layerNorm(String name, double eps) {
    return new LayerNorm(get(name + ".weight"), get(name + ".bias"), eps);
  }

  /** Releases the memory of copied parameters; a source's own memory remains the source's. */
  @Override
  public void close() {
    byName.values().forEach(p -> p.value().release());
  }
}
