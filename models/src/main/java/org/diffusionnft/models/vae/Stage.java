package org.diffusionnft.models.vae;

import java.util.function.UnaryOperator;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;

/** One of the consecutive stages of an encoder or decoder. */
@FunctionalInterface
interface Stage {
  /** Applies the stage to {@code [B, C, H, W]}. */
  Variable apply(Variable x);

  /** Runs a step and frees all its memory except the result. */
  static Variable passing(Variable x, UnaryOperator<Variable> step) {
    return Variable.scoped(x.device(), () -> step.apply(x));
  }

  /** {@link #passing} for an input that is not read afterwards: without a tape it is freed too. */
  static Variable then(Variable x, UnaryOperator<Variable> step) {
    Variable y = passing(x, step);
    if (!Tape.isRecording()) {
      x.value().release();
    }
    return y;
  }
}
