package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static org.diffusionnft.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Functions of all lanes, accurate to about two ulps. Own implementations, so that every machine
 * computes the same bits.
 */
final class VectorMath {
  private VectorMath() {}

  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  /** 1.5 * 2^23: adding it leaves the nearest integer in the low bits of the sum. */
  private static final float ROUND = 12582912f;

  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private static final float EXP_OVERFLOW = 88.7228391f;
  private static final float EXP_UNDERFLOW = -103.972084f;

  /** {@code e^x}; subnormal results included. */
  static FloatVector exp(FloatVector x) {
    FloatVector shifted = x.fma(broadcast(FLOATS, LOG2_E), broadcast(FLOATS, ROUND));
    FloatVector p = expOfRest(x, shifted.sub(ROUND));
    // 2^n as two factors, so that n may exceed the exponent range of a float at both ends.
    IntVector n = shifted.reinterpretAsInts().sub(ROUND_BITS);
    IntVector half = n.lanewise(VectorOperators.ASHR, 1);
    FloatVector y = p.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)));
    y =
        y.blend(
            broadcast(FLOATS, Float.POSITIVE_INFINITY),
            x.compare(VectorOperators.GT, EXP_OVERFLOW));
    return y.blend(broadcast(FLOATS, 0), x.compare(VectorOperators.LT, EXP_UNDERFLOW));
  }

  /** {@code e^x} for x of at most about 80 (as in softmax); subnormal results become 0. */
  static FloatVector expBelow(FloatVector x) {
    FloatVector shifted = x.fma(broadcast(FLOATS, LOG2_E), broadcast(FLOATS, ROUND));
    FloatVector p = expOfRest(x, shifted.sub(ROUND));
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    FloatVector y = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    return y.blend(broadcast(FLOATS, 0), x.compare(VectorOperators.LT, -87.3f));
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  /** {@code e^(x - n ln 2)} for the nearest n; Cephes' polynomial on [-ln 2 / 2, ln 2 / 2]. */
  private static FloatVector expOfRest(FloatVector x, FloatVector n) {
    FloatVector r = n.fma(broadcast(FLOATS, -LN2_HIGH), x);
    r = n.fma(broadcast(FLOATS, -LN2_LOW), r);
    FloatVector p = broadcast(FLOATS, 1.9875691500e-4f);
    p = p.fma(r, broadcast(FLOATS, 1.3981999507e-3f));
    p = p.fma(r, broadcast(FLOATS, 8.3334519073e-3f));
    p = p.fma(r, broadcast(FLOATS, 4.1665795894e-2f));
    p = p.fma(r, broadcast(FLOATS, 1.6666665459e-1f));
    p = p.fma(r, broadcast(FLOATS, 5.0000001201e-1f));
    return p.fma(r.mul(r), r).add(1f);
  }

  /** {@code 1 / (1 + e^-x)}. */
  static FloatVector sigmoid(FloatVector x) {
    return broadcast(FLOATS, 1).div(exp(x.neg()).add(1f));
  }

  /** Hyperbolic tangent: Cephes' polynomial near 0, else from {@code e^(2 |x|)}. */
  static FloatVector tanh(FloatVector x) {
    FloatVector size = x.abs();
    FloatVector e = exp(size.add(size));
    FloatVector far = broadcast(FLOATS, 1).sub(broadcast(FLOATS, 2).div(e.add(1f)));
    FloatVector z = x.mul(x);
    FloatVector p = broadcast(FLOATS, -5.70498872745e-3f);
    p = p.fma(z, broadcast(FLOATS, 2.06390887954e-2f));
    p = p.fma(z, broadcast(FLOATS, -5.37397155531e-2f));
    p = p.fma(z, broadcast(FLOATS, 1.33314422036e-1f));
    p = p.fma(z, broadcast(FLOATS, -3.33332819422e-1f));
    FloatVector near = p.mul(z).fma(x, x);
    far = far.blend(far.neg(), x.compare(VectorOperators.LT, 0));
    return far.blend(near, size.compare(VectorOperators.LT, 0.625f));
  }

  /** Error function: a polynomial near 0, else {@code 1 - e^q(|x|)} (after N. Juffa). */
  static FloatVector erf(FloatVector x) {
    FloatVector t = x.abs();
    FloatVector s = x.mul(x);
    // Beyond 4 the result is 1, and the polynomial no longer holds.
    FloatVector c = t.lanewise(VectorOperators.MIN, 4f);
    FloatVector r = broadcast(FLOATS, -1.72853470e-5f).fma(c, broadcast(FLOATS, 3.83197126e-4f));
    FloatVector u = broadcast(FLOATS, -3.88396438e-3f).fma(c, broadcast(FLOATS, 2.42546219e-2f));
    r = r.fma(c.mul(c), u);
    r = r.fma(c, broadcast(FLOATS, -1.06777877e-1f));
    r = r.fma(c, broadcast(FLOATS, -6.34846687e-1f));
    r = r.fma(c, broadcast(FLOATS, -1.28717512e-1f));
    FloatVector far = broadcast(FLOATS, 1).sub(expBelow(r.fma(c, c.neg())));
    FloatVector near = broadcast(FLOATS, -5.96761703e-4f);
    near = near.fma(s, broadcast(FLOATS, 4.99119423e-3f));
    near = near.fma(s, broadcast(FLOATS, -2.67681349e-2f));
    near = near.fma(s, broadcast(FLOATS, 1.12819925e-1f));
    near = near.fma(s, broadcast(FLOATS, -3.76125336e-1f));
    near = near.fma(s, broadcast(FLOATS, 1.28379166e-1f));
    near = near.fma(x, x);
    far = far.blend(far.neg(), x.compare(VectorOperators.LT, 0));
    return far.blend(near, t.compare(VectorOperators.LE, 0.927734375f));
  }
}
