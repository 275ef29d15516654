package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static org.diffusionnft.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Activation functions and their derivatives, in all lanes. */
final class Activations {
  private Activations() {}

  /** The factor of {@code QUICK_GELU}. */
  static final float QUICK = 1.702f;

  private static final float SQRT_2_OVER_PI = 0.7978845608f;
  private static final float CUBIC = 0.044715f;
  private static final float SQRT_HALF = 0.7071067812f;
  private static final float INVERSE_SQRT_2_PI = 0.3989422804f;

  static FloatVector geluTanh(FloatVector x) {
    return x.mul(VectorMath.sigmoid(geluArgument(x)));
  }

  /** {@code 2 sqrt(2/pi) (x + 0.044715 x^3)}: (1 + tanh(u)) / 2 is sigmoid(2 u). */
  private static FloatVector geluArgument(FloatVector x) {
    FloatVector cube = x.mul(x).fma(broadcast(FLOATS, CUBIC), broadcast(FLOATS, 1));
    return x.mul(2 * SQRT_2_OVER_PI).mul(cube);
  }

  static FloatVector geluTanhSlope(FloatVector value) {
    // Constant beyond 30; without the clamp the square would overflow.
    FloatVector x = value.lanewise(VectorOperators.MAX, -30f).lanewise(VectorOperators.MIN, 30f);
    FloatVector inner =
        x.mul(x)
            .fma(
                broadcast(FLOATS, 6 * SQRT_2_OVER_PI * CUBIC),
                broadcast(FLOATS, 2 * SQRT_2_OVER_PI));
    return sigmoidAndSlope(geluArgument(x), x.mul(inner));
  }

  /**
   * {@code s + factor s (1 - s)} for {@code s = sigmoid(u)}. {@code 1 - s} is not computed as a
   * difference, which would lose all digits for large u.
   */
  private static FloatVector sigmoidAndSlope(FloatVector u, FloatVector factor) {
    FloatVector e = VectorMath.expBelow(u.abs().neg());
    FloatVector larger = broadcast(FLOATS, 1).div(e.add(1f));
    FloatVector smaller = e.mul(larger);
    FloatVector s = larger.blend(smaller, u.compare(VectorOperators.LT, 0));
    return factor.mul(smaller).fma(larger, s);
  }

  static FloatVector geluErf(FloatVector x) {
    return x.mul(0.5f).mul(VectorMath.erf(x.mul(SQRT_HALF)).add(1f));
  }

  static FloatVector geluErfSlope(FloatVector x) {
    FloatVector cdf = VectorMath.erf(x.mul(SQRT_HALF)).add(1f).mul(0.5f);
    FloatVector density = VectorMath.expBelow(x.mul(x).mul(-0.5f)).mul(INVERSE_SQRT_2_PI);
    return x.fma(density, cdf);
  }

  static FloatVector tanhSlope(FloatVector x) {
    FloatVector t = VectorMath.tanh(x);
    return broadcast(FLOATS, 1).sub(t).mul(broadcast(FLOATS, 1).add(t));
  }

  static FloatVector sigmoidSlope(FloatVector x) {
    FloatVector s = VectorMath.sigmoid(x.abs().neg());
    return s.mul(broadcast(FLOATS, 1).sub(s));
  }

  /** The derivative of {@code x sigmoid(x)}. */
  static FloatVector siluSlope(FloatVector x) {
    return sigmoidAndSlope(x, x);
  }
}
