package org.diffusionnft.models.vae;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.tensor.LayoutKernels.Window;

/** A convolution that keeps height and width, or halves them. */
record Conv(Variable weight, Variable bias) {

  static Conv of(Parameters parameters, String name) {
    return new Conv(parameters.get(name + ".weight"), parameters.get(name + ".bias"));
  }

  /** {@code [B, C, H, W]} to {@code [B, O, H, W]}. */
  Variable apply(Variable x) {
    return Functions.conv2d(x, weight, bias, 1, weight.shape().intDim(2) / 2);
  }

  /**
   * {@code [B, C, H, W]} to {@code [B, O, H/2, W/2]}; padded with zeros only at the bottom and
   * right.
   */
  Variable halve(Variable x) {
    return Functions.conv2d(x, weight, bias, new Window(3, 3, 2, 0, 0, 1, 1));
  }
}
