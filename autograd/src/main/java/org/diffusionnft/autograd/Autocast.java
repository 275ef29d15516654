package org.diffusionnft.autograd;

import java.lang.ScopedValue.CallableOp;
import org.diffusionnft.tensor.Precision;

/**
 * The precision of matrix products, convolutions and attention, per thread and for the duration of
 * a call, like {@code torch.autocast}. Everything else (norms, softmax, sums, losses, optimizers)
 * stays F32, and so do all results. A recorded operation keeps its precision for the backward pass.
 */
public final class Autocast {
  private static final ScopedValue<Precision> PRECISION = ScopedValue.newInstance();

  private Autocast() {}

  /** The current precision; F32 outside {@link #in}. */
  public static Precision precision() {
    return PRECISION.orElse(Precision.F32);
  }

  /** Runs {@code body} with products in this precision. */
  public static <T, X extends Throwable> T in(Precision precision, CallableOp<? extends T, X> body)
      throws X {
    return ScopedValue.where(PRECISION, precision).<T, X>call(body);
  }
}
