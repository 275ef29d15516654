package org.diffusionnft.models.vae;

import java.util.function.UnaryOperator;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;

/** One of the steps that an encoder or decoder is a row of. */
@FunctionalInterface
interface Stage {
  /** {@code [B, C, H, W]} to what the step makes of it. */
  Variable apply(Variable x);

  /** Runs a step and frees everything it made but its result. */
  static Variable passing(Variable x, UnaryOperator<Variable> step) {
    return Variable.scoped(x.device(), () -> step.apply(x));
  }

  /** {@link #passing} for an input that nobody reads afterwards: without a tape it is freed too. */
  static Variable then(Variable x, UnaryOperator<Variable> step) {
    Variable y = passing(x, step);
    if (!Tape.isRecording()) {
      x.value().release();
    }
    return y;
  }
}
