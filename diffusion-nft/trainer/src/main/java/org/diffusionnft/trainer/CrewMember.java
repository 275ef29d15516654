package org.diffusionnft.trainer;

/**
 * What one process of a crew has done since the last query.
 *
 * @param name which process it is, and where it runs
 * @param orders done
 * @param busySeconds time spent on them
 * @param longestSeconds time spent on the slowest of them
 * @param failed orders that it lost or that had to be repeated
 */
public record CrewMember(
    String name, long orders, double busySeconds, double longestSeconds, long failed) {}
