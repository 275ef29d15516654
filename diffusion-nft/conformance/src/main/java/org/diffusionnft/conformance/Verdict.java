package org.diffusionnft.conformance;

/**
 * The verdict on one kernel over all its shapes, or on one golden case over all its outputs.
 *
 * @param subject the kernel or case
 * @param checks shapes of the kernel, outputs of the case
 * @param failed number of these that are not as expected
 * @param worst the largest error as a fraction of the error allowed there: up to 1 passes
 * @param maxError the largest absolute error of a kernel; 0 for cases
 * @param seconds time on the device
 */
public record Verdict(
    String subject, int checks, int failed, double worst, double maxError, double seconds) {}
