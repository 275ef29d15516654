package org.diffusionnft.kernels.tornado;

/**
 * One recorded call of a kernel.
 *
 * @param x number of work-items along the first axis; {@code y} and {@code z} along the others
 * @param localX work-items per group along the first axis; {@code localY} along the second
 * @param ints what {@link Arguments#ints} holds during the call
 * @param scalars what {@link Arguments#scalars} holds during the call
 */
record Call(
    Kernel kernel, long x, long y, long z, int localX, int localY, int[] ints, float[] scalars) {}
