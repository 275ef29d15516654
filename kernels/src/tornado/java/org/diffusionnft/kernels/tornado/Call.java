package org.diffusionnft.kernels.tornado;

/**
 * One call of a kernel, waiting to be sent.
 *
 * @param x work-items along each axis, {@code y} and {@code z} alike
 * @param localX work-items of a group along the first axis, {@code localY} along the second
 * @param ints what {@link Arguments#ints} is to hold
 * @param scalars what {@link Arguments#scalars} is to hold
 */
record Call(
    Kernel kernel, long x, long y, long z, int localX, int localY, int[] ints, float[] scalars) {}
