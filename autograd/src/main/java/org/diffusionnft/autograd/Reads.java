package org.diffusionnft.autograd;

import java.util.function.IntPredicate;

/**
 * Which values the derivative of an operation reads. A value that no derivative reads is freed at
 * the end of the block that made it, long before the backward pass.
 *
 * @param inputs which inputs are read
 * @param output whether the output is read
 */
record Reads(Inputs inputs, boolean output) {
  static final Reads NOTHING = of((_, _) -> false);
  static final Reads INPUTS = of((_, _) -> true);
  static final Reads OUTPUT = new Reads((_, _) -> false, true);
  static final Reads EVERYTHING = new Reads((_, _) -> true, true);

  /** For a product of the first two inputs: the gradient of each reads the other. */
  static final Reads OTHER_FACTOR = of((i, needed) -> i < 2 && needed.test(1 - i));

  /** Whether input {@code i} is read, given which inputs need a gradient. */
  interface Inputs {
    boolean test(int i, IntPredicate needed);
  }

  /** Reads some of the inputs, but not the output. */
  static Reads of(Inputs inputs) {
    return new Reads(inputs, false);
  }
}
