package org.diffusionnft.models.transformer;

import java.util.Set;
import java.util.function.Predicate;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * A source whose frozen matrices are in the precision of {@link Autocast} products: in BF16 they
 * are rounded here once, rather than by every product.
 *
 * @param trainable names of parameters that are not rounded
 */
record OperandWeights(WeightSource source, Predicate<String> trainable) implements WeightSource {
  @Override
  public Tensor get(String name, Shape expected) {
    Tensor given = source.get(name, expected);
    if (expected.rank() == 1 || trainable.test(name)) {
      return given;
    }
    Tensor operand = Variable.constant(given).operand().value();
    if (operand != given) {
      operand.keepForever();
      given.release();
    }
    return operand;
  }

  @Override
  public Set<String> names() {
    return source.names();
  }

  @Override
  public void requireRoom() {
    source.requireRoom();
  }

  @Override
  public String describe() {
    return source.describe();
  }
}
